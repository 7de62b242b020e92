"""Cuts a stream of XML into the bytes of its records, so that damage in one of them is no matter to the others."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, Literal

from pipeline.readers.xml_layout import Layout

BLOCK_BYTES = 1 << 20
MAX_RECORD_BYTES = 64 << 20
MAX_GAP_BYTES = 1 << 16
_TAG_END = re.compile(rb"""(?:[^"'>]|"[^"]*"|'[^']*')*+>""")
_DECLARATIONS = rb"<!--.*?-->|<\?.*?\?>|<!DOCTYPE(?:[^\[>]*\[.*?\]\s*>|[^\[>]*>)|\s+|\xef\xbb\xbf"

Kind = Literal["record", "damaged", "too_large", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """Some bytes of a source: a record, what is left of one, or something between two of them."""

    kind: Kind
    data: bytes
    offset: int | None
    detail: str = ""


def fragments(stream: BinaryIO, layout: Layout) -> Iterator[Fragment]:
    """All that stands in a source, in its order and encoding; UTF-16 and UTF-32 become UTF-8."""
    if layout.encoding.startswith(("utf-16", "utf-32")):
        splitter = _Splitter(layout, None)
        decoder = codecs.getincrementaldecoder(layout.encoding)(errors="replace")
        while block := stream.read(BLOCK_BYTES):
            yield from splitter.feed(decoder.decode(block).encode(errors="replace"))
    else:
        splitter = _Splitter(layout, 0)
        while block := stream.read(BLOCK_BYTES):
            yield from splitter.feed(block)
    yield from splitter.finish()


def split_at_starts(data: bytes, layout: Layout) -> list[bytes]:
    """Cut at every start tag of a record, also inside a comment: for what did not parse in one piece."""
    starts = [match.start() for match in re.finditer(rb"<(?:%s)(?=[\s/>])" % _names(layout.records, layout), data)]
    return [data[begin:end] for begin, end in pairwise([*starts, len(data)])]


def _names(names: tuple[str, ...], layout: Layout) -> bytes:
    encoding = "utf-8" if layout.encoding.startswith("utf") else layout.encoding
    return b"|".join(re.escape(name.encode(encoding)) for name in names)


class _Splitter:
    """Remembers the part of the stream that is not yet handed on."""

    def __init__(self, layout: Layout, offset: int | None) -> None:
        self._token = re.compile(rb"<(?:!--|!\[CDATA\[|(/?)(?:%s)(?=[\s/>]))" % _names(layout.records, layout))
        around = rb"|</?(?:%s)(?:\s[^>]*)?>" % _names(layout.around, layout) if layout.around else b""
        self._nothing = re.compile(_DECLARATIONS + around, re.DOTALL)
        self._is_nested = layout.is_nested
        self._longest = max(len(name.encode()) for name in layout.records) + 3
        self._buffer = b""
        self._offset = offset
        self._position = 0
        """All before it is scanned."""
        self._gap = 0
        """Where the last record ended."""
        self._start: int | None = None
        self._depth = 0
        self._is_skipping = False

    def feed(self, block: bytes, *, is_last: bool = False) -> Iterator[Fragment]:
        self._buffer += block
        while (tag := self._next_tag(is_last)) is not None:
            is_end, begin = tag
            yield from self._ended(begin) if is_end else self._started(begin)
        yield from self._limited()
        self._forget(self._gap if self._start is None else self._start)

    def finish(self) -> Iterator[Fragment]:
        yield from self.feed(b"", is_last=True)
        if self._start is not None:
            yield self._fragment("damaged", self._start, len(self._buffer), "the source ends inside this record")
        else:
            yield from self._between(len(self._buffer))

    def _next_tag(self, is_last: bool) -> tuple[bool, int] | None:
        """Whether the next tag of a record is an end tag, and where it begins; ``_position`` moves behind it."""
        while match := self._token.search(self._buffer, self._position):
            if match[1] is None:
                closer = b"-->" if match[0] == b"<!--" else b"]]>"
                end = self._buffer.find(closer, match.end()) + 3
                is_found = end > 2
            else:
                tag_end = _TAG_END.match(self._buffer, match.end())
                is_found, end = tag_end is not None, tag_end.end() if tag_end else 0
            if not is_found and not is_last and len(self._buffer) - match.start() < MAX_RECORD_BYTES:
                self._position = match.start()
                return None
            self._position = end if is_found else match.end()
            if match[1] is not None:
                return match[1] == b"/", match.start()
        self._position = max(self._position, len(self._buffer) - self._longest)
        return None

    def _started(self, begin: int) -> Iterator[Fragment]:
        if self._start is not None and self._is_nested:
            self._depth += not self._is_empty_tag()
            return
        if self._start is not None:
            yield self._fragment("damaged", self._start, begin, "the next record begins before this one ends")
        else:
            yield from self._between(begin)
        self._start, self._depth, self._is_skipping = begin, 1, False
        if self._is_empty_tag():
            yield from self._ended(begin)

    def _ended(self, begin: int) -> Iterator[Fragment]:
        if self._start is None:
            if not self._is_skipping:
                yield self._fragment("damaged", self._gap, self._position, "the end of a record without its start")
            self._gap, self._is_skipping = self._position, False
            return
        self._depth -= 1
        if self._depth == 0:
            yield self._fragment("record", self._start, self._position)
            self._start, self._gap = None, self._position

    def _is_empty_tag(self) -> bool:
        return self._buffer[self._position - 2 : self._position] == b"/>"

    def _between(self, end: int) -> Iterator[Fragment]:
        if not self._is_skipping and self._nothing.sub(b"", self._buffer[self._gap : end]):
            yield self._fragment("other", self._gap, end)
        self._gap = end

    def _limited(self) -> Iterator[Fragment]:
        """Give up what grows beyond all measure."""
        if self._start is not None and self._position - self._start > MAX_RECORD_BYTES:
            yield self._fragment("too_large", self._start, self._start + 1000, f"more than {MAX_RECORD_BYTES} bytes")
            self._start, self._gap, self._is_skipping = None, self._position, True
        elif self._start is None and self._position - self._gap > MAX_GAP_BYTES:
            yield from self._between(self._position)
            self._is_skipping = True

    def _forget(self, end: int) -> None:
        self._buffer = self._buffer[end:]
        self._offset = None if self._offset is None else self._offset + end
        self._position -= end
        self._gap = max(self._gap - end, 0)
        self._start = None if self._start is None else self._start - end

    def _fragment(self, kind: Kind, begin: int, end: int, detail: str = "") -> Fragment:
        offset = None if self._offset is None else self._offset + begin
        return Fragment(kind=kind, data=self._buffer[begin:end], offset=offset, detail=detail)
