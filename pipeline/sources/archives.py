"""Archives: every member becomes an input named ``crawl.zip/part-1.json``, in the order of the names.

Nothing is ever extracted to a path that an archive names: a zip member is read where it lies, a compressed tar is
unpacked once into a nameless temporary file.
"""

import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

from pipeline.sources.compression import decompressed_pieces
from pipeline.sources.impostors import Skipped, skipped_by_name, what_archive
from pipeline.sources.inputs import Input
from pipeline.sources.member_names import decoded_name, shown_name
from pipeline.sources.streams import PIECE_BYTES, piece_stream, spool
from schemas.errors import SourceError

_METHODS = {0: None, 8: "deflate", 12: "bzip2", 93: "zstd", 95: "xz"}
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800

Open = Callable[[], BinaryIO]
Members = tuple[list[Input], list[Skipped]]


class _Part(NamedTuple):
    """Where the bytes of a member lie in the archive, and what is known about them."""

    name: str
    start: int
    packed: int
    size: int
    compression: str | None = None
    crc: int | None = None
    error: SourceError | None = None
    """Raised once the bytes have been read: the archive is damaged behind them."""


def is_zip(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def is_tar(head: bytes) -> bool:
    if b"\0" not in head[:512]:
        return False
    try:
        tarfile.TarInfo.frombuf(head[:512], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def zip_members(source: Input) -> Members | None:
    """The members of a zip file; None for a workbook (.xlsx), which is a zip file but no archive."""
    open_file, error = _seekable(source)
    if error is not None:
        raise error
    with open_file() as file:
        infos = _zip_infos(file, source.name)
        if infos is None:
            return None
        found, skipped = [], []
        for info in infos:
            name = _zip_name(info)
            if why := skipped_by_name(PurePosixPath(name)) or ("" if info.file_size else "empty"):
                skipped.append(Skipped(f"{source.name}/{name}", why))
            else:
                found.append(_zip_part(file, info, f"{source.name}/{name}"))
    return _inputs(open_file, found), skipped


def _zip_infos(file: BinaryIO, name: str) -> list[zipfile.ZipInfo] | None:
    try:
        infos = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, struct.error) as damage:
        raise SourceError(f"{name}: a damaged or cut-off zip file ({damage}); get it again") from None
    names = [info.filename for info in infos]
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return None
    if what := what_archive(names):
        raise SourceError(f"{name}: {what}")
    return [info for info in infos if not info.is_dir()]


def tar_members(source: Input) -> Members:
    """The members of a tar file; one that is cut off raises its error after its last whole member was read."""
    open_file, error = _seekable(source)
    found: list[_Part] = []
    skipped: list[Skipped] = []
    with open_file() as file:
        damage = _read_tar(file, source.name, found, skipped)
    if error := error or damage:
        if not found:
            raise error
        found[-1] = found[-1]._replace(error=error)
    return _inputs(open_file, found), skipped


def _read_tar(file: BinaryIO, name: str, found: list[_Part], skipped: list[Skipped]) -> SourceError | None:
    try:
        with tarfile.open(fileobj=file, mode="r:", errors="surrogateescape") as tar:
            for info in tar:
                _sort_in(info, name, found, skipped)
            end = tar.offset
    except tarfile.TarError as damage:
        return SourceError(f"{name}: a damaged or cut-off tar file ({damage}); get it again")
    file.seek(end)
    if file.read(512).strip(b"\0"):  # tarfile takes any damaged header for the end
        return SourceError(f"{name}: a damaged tar file at byte {end}; get it again")
    return None


def _seekable(source: Input) -> tuple[Open, SourceError | None]:
    if source.path is not None:
        return source.open, None
    with source.open() as stream:
        return spool(stream, source.name)


def _sort_in(info: tarfile.TarInfo, archive: str, found: list[_Part], skipped: list[Skipped]) -> None:
    name = shown_name(decoded_name(info.name.encode("utf-8", "surrogateescape")))
    if info.isdir():
        return
    why = skipped_by_name(PurePosixPath(name))
    if not info.isreg() or info.issparse():
        why = "a link, a device or a sparse file"
    elif not info.size:
        why = "empty"
    if why:
        skipped.append(Skipped(f"{archive}/{name}", why))
    else:
        found.append(_Part(f"{archive}/{name}", info.offset_data, info.size, info.size))


def _zip_part(file: BinaryIO, info: zipfile.ZipInfo, name: str) -> _Part:
    if info.flag_bits & _ENCRYPTED:
        raise SourceError(f"{name}: encrypted; unpack it with its password first")
    if info.compress_type not in _METHODS:
        raise SourceError(
            f"{name}: packed with zip method {info.compress_type}, which is not known; pack it with deflate"
        )
    file.seek(info.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
        raise SourceError(f"{name}: damaged zip file at byte {info.header_offset}; get it again")
    _, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
    start = info.header_offset + _LOCAL_HEADER.size + name_bytes + extra_bytes
    return _Part(name, start, info.compress_size, info.file_size, _METHODS[info.compress_type], info.CRC)


def _inputs(open_file: Open, parts: list[_Part]) -> list[Input]:
    """In the order of the names, so that an archive reads like the folder it was made of; a damaged end comes last."""
    ordered = sorted(parts, key=lambda part: (part.error is not None, part.name))
    return [Input(name=part.name, open=partial(_open, open_file, part), size=part.size) for part in ordered]


def _open(open_file: Open, part: _Part) -> BinaryIO:
    file = open_file()
    file.seek(part.start)
    return piece_stream(_checked(file, part), file.close)


def _checked(file: BinaryIO, part: _Part) -> Iterator[bytes]:
    """The bytes of a member, then an error if they are not all there or not what was packed."""
    pieces = _window(file, part.packed)
    if part.compression:
        pieces = decompressed_pieces(piece_stream(pieces, file.close), part.compression, part.name)
    crc = size = 0
    for piece in pieces:
        size += len(piece)
        crc = zlib.crc32(piece, crc) if part.crc is not None else 0
        yield piece
    if part.error is not None:
        raise part.error
    if size < part.size:
        raise SourceError(f"{part.name}: cut off after {size} of {part.size} bytes; get the archive again")
    if part.crc is not None and crc != part.crc:
        raise SourceError(f"{part.name}: damaged: its checksum is wrong; get the archive again")


def _window(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (piece := file.read(min(size, PIECE_BYTES))):
        size -= len(piece)
        yield piece


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Without the flag for UTF-8 the name is in the code page of its maker, which zipfile takes for cp437."""
    if info.flag_bits & _UTF8_NAME:
        return shown_name(info.orig_filename)
    return shown_name(decoded_name(info.orig_filename.encode("cp437")))
