"""Which encoding a stream of bytes is in, and the same stream as UTF-8 in blocks of whole lines."""

import codecs
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import BinaryIO

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.arrays import Numbers
from schemas.errors import EncodingError

BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
ALIASES = {
    "gbk": "gb18030",  # real "GBK" files hold four-byte sequences; GB18030 reads every GBK file
    "gb2312": "gb18030",
    "gb-18030": "gb18030",
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16-le",
}
_CJK_IN_UTF8 = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}")
_WORD_IN_UTF8 = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf]{2}){2}")
_FREQUENT_IN_UTF8 = tuple(character.encode() for character in "，。的一")
_PIECES = re.compile(rb"[\n,\"]")  # bytes that are no part of a longer character in UTF-8 nor in GB18030
_SAMPLE_BYTES = 4 << 20
_MAX_LINE = 64 << 20
_PIECE_BYTES = 1 << 18
_INSIDE_VIEW = 12
"""Bytes that Arrow keeps in the view of a text itself."""


@dataclass(frozen=True, kw_only=True)
class LineBlock:
    """Whole lines as UTF-8, in source order."""

    data: bytes
    """Every line ends with a line feed, except perhaps the last of the source."""
    first_line: int
    """Number of the first line, from 1."""
    offset: int | None
    """Byte of the source at which the block starts; null for UTF-16 and UTF-32."""
    same_bytes: bool
    """Whether the bytes are those of the source, so that offsets inside the block are offsets in the source."""
    mixed_lines: int = 0
    """Lines that were in another encoding than the rest, and were decoded from it."""
    undecodable: dict[int, bytes] = field(default_factory=dict)
    """Line number -> bytes that are text in no known encoding; the line is blank in ``data``."""
    lengths: list[int] | None = None
    """Bytes of every line in the source (line feed included), where ``same_bytes`` is false and the offset known."""

    @cached_property
    def line_ends(self) -> Numbers:
        """One past every line feed of ``data``; looked for in pieces, whose flags stay in the processor's cache."""
        block, found = np.frombuffer(self.data, dtype=np.uint8), []
        for start in range(0, len(block), _PIECE_BYTES):
            found.append(np.flatnonzero(block[start : start + _PIECE_BYTES] == ord("\n")) + start + 1)
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def find_encoding(stream: BinaryIO, forced: str | None = None, name: str = "") -> str:
    """Name the encoding of a stream by its first 4 MiB: a BOM, else UTF-8 if valid, else what most lines are in.

    Raises EncodingError for a forced encoding that Python does not know or that the sample contradicts.
    """
    sample = stream.read(_SAMPLE_BYTES)
    if forced is not None:
        return _checked(forced, sample, name)
    for bom, encoding in BOMS.items():
        if sample.startswith(bom):
            return encoding
    if b"\0" in sample[:4096]:
        wide = _wide(sample)
        if wide is not None:
            return wide
    return "utf-8" if _starts_as_utf8(sample) or not _mostly_gb18030(sample) else "gb18030"


def canonical(encoding: str) -> str:
    """One name for an encoding: ``GBK`` is read as ``gb18030``. Raises EncodingError for an unknown one."""
    lowered = encoding.lower().replace("_", "-")
    lowered = ALIASES.get(lowered, lowered)
    try:
        return ALIASES.get(codecs.lookup(lowered).name, codecs.lookup(lowered).name)
    except LookupError:
        known = "utf-8, gb18030, utf-16-le, utf-16-be, big5"
        raise EncodingError(f"--encoding {encoding}: no such encoding; usual ones are {known}") from None


def _checked(forced: str, sample: bytes, name: str) -> str:
    encoding = canonical(forced)
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError as error:
        found = sample[error.start : error.start + 4].hex(" ")
        raise EncodingError(
            f"{name}: not {encoding}: byte {error.start} is {found}; leave --encoding out to have it found"
        ) from None
    if encoding == "utf-8" and sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    return encoding


def _starts_as_utf8(sample: bytes) -> bool:
    """The last character may be cut off."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a BOM: about every second byte of ASCII text is zero, always on the same side."""
    even, odd = sample[0:4096:2].count(0), sample[1:4096:2].count(0)
    if odd > 4 * (even + 1):
        return "utf-16-le"
    if even > 4 * (odd + 1):
        return "utf-16-be"
    return None


def _mostly_gb18030(sample: bytes) -> bool:
    """By what its pieces can only be: many short GB18030 words are valid UTF-8 too, but hold no Chinese in it."""
    pieces = [piece for piece in _PIECES.split(sample)[:-1] or [sample] if not piece.isascii()]
    only_utf8 = sum(_decodes(piece, "utf-8") and bool(_CJK_IN_UTF8.search(piece)) for piece in pieces)
    only_gb18030 = sum(not _decodes(piece, "utf-8") and _decodes(piece, "gb18030") for piece in pieces)
    return only_gb18030 > only_utf8


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def line_blocks(stream: BinaryIO, encoding: str, block_bytes: int) -> Iterator[LineBlock]:
    """The stream as UTF-8 blocks of whole lines, about ``block_bytes`` each; a longer line makes a larger block."""
    if encoding.startswith(("utf-16", "utf-32")):
        yield from _wide_blocks(stream, encoding, block_bytes)
        return
    position = len(stream.read(3)) if encoding == "utf-8-sig" else 0
    line = 1
    for data in _byte_blocks(stream, block_bytes):
        block = _as_utf8(data, "utf-8" if encoding == "utf-8-sig" else encoding, line, position)
        yield block
        position += len(data)
        line += len(block.line_ends)


def _byte_blocks(stream: BinaryIO, block_bytes: int) -> Iterator[bytes]:
    """Blocks that end with a line; a line longer than any row may be is cut, so that memory stays bounded.

    Read into one buffer again and again: fresh memory for every block costs more than the copy out of it.
    """
    store = bytearray(block_bytes)
    buffer = memoryview(store)
    rest = b""
    while size := stream.readinto(buffer):  # type: ignore[attr-defined]
        end = store.rfind(b"\n", 0, size) + 1
        if end == 0 and len(rest) < _MAX_LINE:
            rest += buffer[:size]
            continue
        end = end or size
        yield b"".join((rest, buffer[:end]))
        rest = bytes(buffer[end:size])
    if rest:
        yield rest


def _as_utf8(data: bytes, encoding: str, line: int, offset: int) -> LineBlock:
    if encoding == "utf-8" and is_utf8(data):
        return LineBlock(data=data, first_line=line, offset=offset, same_bytes=True)
    if encoding != "utf-8" and not _has_utf8_line(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            pass
        else:
            lengths = [len(part) + 1 for part in data.split(b"\n")]
            return LineBlock(data=text.encode(), first_line=line, offset=offset, same_bytes=False, lengths=lengths)
    return _line_by_line(data, encoding, line, offset)


def _has_utf8_line(data: bytes) -> bool:
    """Whether a line of text in another encoding is UTF-8: words that look like it are checked by their whole line."""
    if not any(frequent in data for frequent in _FREQUENT_IN_UTF8):
        return False
    position = 0
    while found := _WORD_IN_UTF8.search(data, position):
        start, end = data.rfind(b"\n", 0, found.start()) + 1, data.find(b"\n", found.end())
        position = len(data) if end < 0 else end
        if _decodes(data[start:position], "utf-8"):
            return True
    return False


def is_utf8(data: bytes) -> bool:
    """polars' check, without a copy and without building the text: a tenth of the time of ``bytes.decode``."""
    if len(data) <= _INSIDE_VIEW:
        return _decodes(data, "utf-8")
    view = pa.py_buffer(struct.pack("<i4sii", len(data), data[:4], 0, 0))
    block = pa.Array.from_buffers(pa.binary_view(), 1, [None, view, pa.py_buffer(data)])
    given = SimpleNamespace(__arrow_c_array__=block.__arrow_c_array__)  # for a bare array polars loads pyarrow.compute
    try:
        pl.Series(given).cast(pl.String)
    except pl.exceptions.ComputeError:
        return False
    return True


def _line_by_line(data: bytes, encoding: str, first_line: int, offset: int) -> LineBlock:
    """Decode every line by itself, from the other encoding where it is not in its own."""
    parts = data.split(b"\n")
    other = "gb18030" if encoding == "utf-8" else "utf-8"
    undecodable: dict[int, bytes] = {}
    decoded: list[bytes] = []
    mixed = 0
    for number, part in enumerate(parts, start=first_line):
        text, found = _decode_line(part, encoding, other)
        mixed += found == other
        if text is None:
            undecodable[number] = part
        decoded.append(b"" if text is None else text.encode())
    if parts[-1] and not decoded[-1]:
        decoded[-1] = b" "  # the file ends inside a character: of a line without a line feed nothing would be left
    return LineBlock(
        data=b"\n".join(decoded),
        first_line=first_line,
        offset=offset,
        same_bytes=False,
        mixed_lines=mixed,
        undecodable=undecodable,
        lengths=[len(part) + 1 for part in parts],
    )


def _decode_line(part: bytes, encoding: str, other: str) -> tuple[str | None, str]:
    """A line of a GB18030 file is UTF-8 only if it holds a whole Chinese character in it: ``联通`` is valid in both."""
    candidates = (encoding, other)
    if encoding != "utf-8" and _CJK_IN_UTF8.search(part):
        candidates = (other, encoding)
    for candidate in candidates:
        try:
            return part.decode(candidate), candidate
        except UnicodeDecodeError:
            continue
    return None, ""


def _wide_blocks(stream: BinaryIO, encoding: str, block_bytes: int) -> Iterator[LineBlock]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    rest, line, start = "", 1, True
    while True:
        data = stream.read(block_bytes)
        text = rest + decoder.decode(data, final=not data)
        if start:
            text, start = text.removeprefix("\ufeff"), False
        end = len(text) if not data else text.rfind("\n") + 1
        if end:
            block, rest = text[:end], text[end:]
            yield LineBlock(data=block.encode(errors="replace"), first_line=line, offset=None, same_bytes=False)
            line += block.count("\n")
        else:
            rest = text
        if not data:
            return


def text_blocks(stream: BinaryIO, encoding: str, block_bytes: int) -> Iterator[bytes]:
    """The stream as UTF-8 in blocks cut anywhere, for containers that need no line feeds.

    Bytes that are no text in ``encoding`` stay as they are, so that whoever parses the block finds them.
    """
    if encoding in ("utf-8", "utf-8-sig"):
        stream.read(3 if encoding == "utf-8-sig" else 0)
        while data := stream.read(block_bytes):
            yield data
        return
    errors = "replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
    decoder = codecs.getincrementaldecoder(encoding)(errors=errors)
    while data := stream.read(block_bytes):
        yield decoder.decode(data).removeprefix("\ufeff").encode("utf-8", errors)
    yield decoder.decode(b"", final=True).encode("utf-8", errors)
