"""Lines of a delimited file with their places, whatever encoding they came in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from pipeline.arrays import Numbers
from pipeline.sources.encoding import LineBlock, line_blocks

Indices = Numbers
NONE: Indices = np.empty(0, dtype=np.intp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Consecutive whole lines as UTF-8."""

    data: bytes
    starts: Indices
    """Where each line starts in ``data``."""
    number: int
    """Number of the first line in the source, from 1."""
    offsets: Indices | None
    """Where each line starts in the source, where that is known."""
    undecodable: frozenset[int] = frozenset()
    """Numbers of lines in no known encoding; what is unreadable in them is U+FFFD in ``data``."""
    mixed: int = 0
    """Lines that were decoded from another encoding than the rest."""

    def since(self, index: int) -> "Lines":
        """The lines from the one with this index on."""
        start = int(self.starts[index]) if index < len(self.starts) else len(self.data)
        return Lines(
            data=self.data[start:],
            starts=self.starts[index:] - start,
            number=self.number + index,
            offsets=None if self.offsets is None else self.offsets[index:],
            undecodable=self.undecodable,
        )

    def then(self, more: "Lines") -> "Lines":
        """These lines followed by the ones that come next in the source."""
        if not self.data:
            return more
        known = self.offsets is not None and more.offsets is not None
        return Lines(
            data=self.data + more.data,
            starts=np.concatenate([self.starts, more.starts + len(self.data)]),
            number=self.number,
            offsets=np.concatenate([self.offsets, more.offsets]) if known else None,
            undecodable=self.undecodable | more.undecodable,
            mixed=self.mixed + more.mixed,
        )

    def text(self, start: int, end: int) -> str:
        """The bytes of a record as text, without its line end."""
        return self.data[start:end].decode(errors="replace").removesuffix("\n").removesuffix("\r")


def read_lines(stream: BinaryIO, encoding: str, block_bytes: int) -> Iterator[Lines]:
    """The stream in blocks of about ``block_bytes``."""
    for block in line_blocks(stream, encoding, block_bytes):
        data = _with_undecodable(block, encoding) if block.undecodable else block.data
        ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n"))
        starts = np.concatenate([[0], ends + 1]).astype(np.intp)
        starts = starts[starts < len(data)]
        yield Lines(
            data=data,
            starts=starts,
            number=block.first_line,
            offsets=_offsets(block, starts),
            undecodable=frozenset(block.undecodable),
            mixed=block.mixed_lines,
        )


def _with_undecodable(block: LineBlock, encoding: str) -> bytes:
    """Blank lines would break a quoted cell in two, so give such lines back what can be read of them."""
    lines = block.data.split(b"\n")
    for number, found in block.undecodable.items():
        lines[number - block.first_line] = found.decode(encoding.removesuffix("-sig"), errors="replace").encode()
    return b"\n".join(lines)


def _offsets(block: LineBlock, starts: Indices) -> Indices | None:
    if block.offset is None:
        return None
    if block.same_bytes:
        return starts + block.offset
    if block.lengths is None:
        return None
    before = np.cumsum([0, *block.lengths], dtype=np.intp)
    return before[: len(starts)] + block.offset
