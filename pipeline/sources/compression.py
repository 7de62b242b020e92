"""Compressed streams: recognised by their first bytes, never by a suffix, and undone while they are read.

Memory stays bounded whatever the ratio. A damaged stream raises SourceError after what came before the damage was
delivered (but for at most 64 KiB of output).
"""

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO, Protocol

import zstandard

from pipeline.sources.inputs import Input
from pipeline.sources.streams import PIECE_BYTES, piece_stream
from schemas.errors import SourceError

_MAGIC = {
    "gzip": re.compile(rb"\x1f\x8b\x08"),
    "bzip2": re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18", re.DOTALL),
}
_ZSTD_FEED = 4 << 10
"""Its decoder has no limit on output; this much input can grow to 128 MiB at the very most."""
_DAMAGE = (zlib.error, OSError, EOFError, lzma.LZMAError, zstandard.ZstdError)


class _Codec(Protocol):
    """What ``bz2`` and ``lzma`` offer, and the adapters below."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Inflate:
    def __init__(self, window_bits: int) -> None:
        self._inner = zlib.decompressobj(window_bits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        piece = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = not self._inner.unconsumed_tail and len(piece) < max_length
        return piece


class _Zstd:
    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor().decompressobj()
        self._waiting = b""

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def needs_input(self) -> bool:
        return not self._waiting

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data + self._waiting

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        waiting = self._waiting + data
        self._waiting = waiting[_ZSTD_FEED:]
        return self._inner.decompress(waiting[:_ZSTD_FEED])


_CODECS: Mapping[str, Callable[[], _Codec]] = {
    "gzip": lambda: _Inflate(31),
    "deflate": lambda: _Inflate(-15),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ),
    "zstd": _Zstd,
}


def compression_of(head: bytes) -> str | None:
    """Name of the compression that the first bytes show."""
    return next((kind for kind, magic in _MAGIC.items() if magic.match(head)), None)


def decompressed(source: Input, kind: str) -> Input:
    """The same input with its compression undone."""

    def open_stream() -> BinaryIO:
        stream = source.open()
        return piece_stream(decompressed_pieces(stream, kind, source.name), stream.close)

    return replace(source, open=open_stream, path=None, size=None)


class _Feed:
    """The compressed bytes, counted for messages."""

    def __init__(self, stream: BinaryIO, kind: str, name: str) -> None:
        self._stream = stream
        self.kind = kind
        self.name = name
        self.taken = 0

    def __call__(self) -> bytes:
        data = self._stream.read(PIECE_BYTES)
        self.taken += len(data)
        return data


def decompressed_pieces(stream: BinaryIO, kind: str, name: str) -> Iterator[bytes]:
    """Undo the compression piece by piece, through all members, streams or frames that follow each other."""
    feed = _Feed(stream, kind, name)
    data = feed()
    while True:
        codec = _CODECS[kind]()
        yield from _member(codec, data, feed)
        data = codec.unused_data.lstrip(b"\0")  # padding between members
        while not data:
            more = feed()
            if not more:
                return
            data = more.lstrip(b"\0")


def _member(codec: _Codec, data: bytes, feed: _Feed) -> Iterator[bytes]:
    while True:
        try:
            piece = codec.decompress(data, PIECE_BYTES)
        except _DAMAGE as error:
            found = f"damaged {feed.kind} data before byte {feed.taken} ({error})"
            raise SourceError(f"{feed.name}: {found}; get the file again") from None
        if piece:
            yield piece
        if codec.eof:
            return
        data = b""
        if codec.needs_input:
            data = feed()
            if not data:
                found = f"cut off: its {feed.kind} data stops at byte {feed.taken} before their end"
                raise SourceError(f"{feed.name}: {found}; get the file again")
