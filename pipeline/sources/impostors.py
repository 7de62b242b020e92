"""Files that are not the data they stand for: named as what they are, with what to do about it."""

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple


class Skipped(NamedTuple):
    """Something in a folder or an archive that is not read, and why."""

    name: str
    why: str


_DOCUMENT = re.compile(r"(readme|licen[sc]e|copying|notice|changelog|authors)([-.][\w-]+)*?(\.(txt|md|rst))?", re.I)
_OWN_FILE = re.compile(
    r"(manifest|dataset_info|state|dataset_dict|prep\.export|train_args\.firefly)\.json|(rejected|duplicates)\.jsonl"
    r"|.*-(wal|shm|journal)",
    re.I,
)
_NO_DATA_SUFFIX = re.compile(
    r"\.(md|rst|py|ipynb|sh|js|css|html?|ya?ml|toml|ini|cfg|lock|sha256|md5|crc|tmp|part|crdownload|dtd|xsd)", re.I
)
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,80}?)\s*<", re.I)
_LFS = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\s+(?:.*\n)*?oid sha256:([0-9a-f]{8})[0-9a-f]*\s+size (\d+)"
)
_PICKLE = re.compile(rb"\x80[\x02-\x05](?:\x95.{8})?[\x28\x5b\x5d\x7d\x8c\x58\x63\x29\x8a]", re.S)
_OLE_WORD = "WordDocument".encode("utf-16-le")

_UNPACK = "unpack it first"
_NO_DATA = "leave it out"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF file; export its text as .txt or .jsonl first"),
    (b"\x89PNG\r\n", f"a PNG image; {_NO_DATA}"),
    (b"\xff\xd8\xff", f"a JPEG image; {_NO_DATA}"),
    (b"GIF8", f"a GIF image; {_NO_DATA}"),
    (b"II*\x00", f"a TIFF image; {_NO_DATA}"),
    (b"MM\x00*", f"a TIFF image; {_NO_DATA}"),
    (b"\x7fELF", f"an executable; {_NO_DATA}"),
    (b"\xcf\xfa\xed\xfe", f"an executable; {_NO_DATA}"),
    (b"{\\rtf", "an RTF document; save it as .txt"),
    (b"Rar!\x1a\x07", f"a RAR archive; {_UNPACK}"),
    (b"7z\xbc\xaf\x27\x1c", f"a 7z archive; {_UNPACK}"),
    (b"\x04\x22\x4d\x18", f"an lz4 stream; {_UNPACK}"),
    (b"\x1f\x9d", f"an old .Z stream; {_UNPACK}"),
    (b"\x93NUMPY", "a NumPy array; save its texts as .jsonl"),
    (b"\x89HDF\r\n", "an HDF5 file; save its texts as .jsonl"),
)
_OFFICE = (
    ("word/", "a Word document; save it as .txt or its table as .xlsx"),
    ("ppt/", "a PowerPoint file; save its text as .txt"),
    ("content.xml", "an OpenDocument file; save it as .xlsx or .csv"),
)


def what_is_it(head: bytes) -> str | None:
    """Name what is no data, by its first bytes, and say what to do; None for what may be data."""
    if head.startswith((b"version https://git-lfs", b"<")) or head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(
        b"<"
    ):
        return _stand_in(head)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return f"a WebP image; {_NO_DATA}"
    if head.startswith(b"MZ") and b"PE\x00\x00" in head[:1024]:
        return f"a Windows program; {_NO_DATA}"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        old = "an old Word document (.doc); save it as .txt" if _OLE_WORD in head else None
        return old or "an old Excel workbook (.xls) or another old Office file; save it as .xlsx or .csv"
    if _PICKLE.match(head):
        return "a Python pickle, which could run code when opened; save its texts as .jsonl"
    return next((what for magic, what in _MAGIC if head.startswith(magic)), None)


def skipped_by_name(path: PurePath) -> str | None:
    """Why a file of a folder or an archive is passed over for its name (relative to it); None for what may be data."""
    if "__MACOSX" in path.parts or any(part.startswith((".", "~$")) for part in path.parts):
        return "hidden"
    if _DOCUMENT.fullmatch(path.name) and path.suffix.lower() in ("", ".txt", ".md", ".rst"):
        return "documentation"
    if _OWN_FILE.fullmatch(path.name):
        return "written by a tool beside its data"
    if _NO_DATA_SUFFIX.fullmatch(path.suffix):
        return f"no data ({path.suffix})"
    return None


def replaces_data(head: bytes) -> bool:
    """Whether data should have been here: never to be passed over, not even in a folder of many files."""
    return _stand_in(head) is not None


def what_archive(names: Sequence[str]) -> str | None:
    """The same for the names in a zip file: Office documents are zip files too."""
    return next((what for start, what in _OFFICE if any(name.startswith(start) for name in names)), None)


def _stand_in(head: bytes) -> str | None:
    if pointer := _LFS.match(head):
        oid, size = pointer[1].decode(), int(pointer[2])
        return f"a Git LFS pointer to {size:,} bytes (oid {oid}…), not the data; run: git lfs pull"
    if _HTML.match(head):
        title = _TITLE.search(head)
        called = f" titled {title[1].decode('utf-8', 'replace')!r}" if title else ""
        return f"an HTML page{called}, perhaps an error page that was saved instead of the file; download it again"
    return None
