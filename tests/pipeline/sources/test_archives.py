"""Archives become one input a member, and never a path that the archive names."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from pipeline.sources.expand import expand
from pipeline.sources.inputs import Input
from schemas.errors import SourceError

PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}


def _zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _tar(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def _contents(path: Path) -> dict[str, bytes]:
    return {each.name.removeprefix(f"{path.parent}/"): _read(each) for each in expand([str(path)]).inputs}


def _read(source: Input) -> bytes:
    with source.open() as stream:
        return stream.read()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_members_of_a_zip_are_inputs_in_the_order_of_their_names(tmp_path: Path, method: int) -> None:
    path = _zip(tmp_path / "crawl.zip", {"part-2.json": b"[2]", "part-1.json": b"[1]" * 100_000, "d/": b""}, method)

    contents = _contents(path)

    assert list(contents) == ["crawl.zip/part-1.json", "crawl.zip/part-2.json"]
    assert contents["crawl.zip/part-1.json"] == b"[1]" * 100_000
    assert [each.size for each in expand([str(path)]).inputs] == [300_000, 3]


@pytest.mark.parametrize("suffix", PACK)
def test_a_tar_is_read_whatever_it_is_compressed_with(tmp_path: Path, suffix: str) -> None:
    members = {"b.json": b"[2]", "a/a.json": b"[1]" * 100_000}
    path = tmp_path / f"crawl.tar{suffix}"
    path.write_bytes(PACK[suffix](_tar(members)))

    assert _contents(path) == {f"crawl.tar{suffix}/{name}": data for name, data in sorted(members.items())}


def test_compressed_members_and_archives_in_archives_are_opened(tmp_path: Path) -> None:
    inner = _zip(tmp_path / "inner.zip", {"x.json.gz": gzip.compress(b"[1]")}).read_bytes()
    path = _zip(tmp_path / "outer.zip", {"t.tar": _tar({"inner.zip": inner})})

    assert _contents(path) == {"outer.zip/t.tar/inner.zip/x.json.gz": b"[1]"}


def test_archives_more_than_three_deep_are_refused(tmp_path: Path) -> None:
    data = b"[1]"
    for level in range(4):
        data = _zip(tmp_path / "z.zip", {f"{level}.zip" if level else "a.json": data}).read_bytes()

    with pytest.raises(SourceError, match="archives inside archives, more than 3 deep"):
        expand([str(tmp_path / "z.zip")])


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_chinese_names_without_the_utf8_flag_are_decoded(tmp_path: Path, encoding: str) -> None:
    name = "专利/摘要.json"
    path = _zip(tmp_path / "a.zip", {"x" * len(name.encode(encoding)): b"[1]"})
    raw = path.read_bytes().replace(b"x" * len(name.encode(encoding)), name.encode(encoding))
    path.write_bytes(raw)

    assert _contents(path) == {"a.zip/专利/摘要.json": b"[1]"}


def test_chinese_names_of_a_tar_are_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", encoding="gb18030", format=tarfile.GNU_FORMAT) as archive:
        info = tarfile.TarInfo("摘要.json")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"[1]"))

    assert _contents(path) == {"a.tar/摘要.json": b"[1]"}


def test_a_name_that_climbs_out_of_the_archive_is_only_a_label(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"../../etc/x.json": b"[1]", "C:\\data\\y.json": b"[2]"})

    assert _contents(path) == {"a.zip/C:/data/y.json": b"[2]", "a.zip/etc/x.json": b"[1]"}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.zip"]


def test_hidden_empty_and_linked_members_are_reported(tmp_path: Path) -> None:
    zipped = _zip(tmp_path / "a.zip", {"__MACOSX/._a.json": b"x", ".DS_Store": b"x", "e.json": b"", "a.json": b"[1]"})
    tarred = tmp_path / "b.tar"
    with tarfile.open(tarred, "w") as archive:
        link = tarfile.TarInfo("link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        info = tarfile.TarInfo("a.json")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"[1]"))

    found = expand([str(zipped), str(tarred)])

    assert [Path(each.name).name for each in found.inputs] == ["a.json", "a.json"]
    assert {Path(name).name: why for name, why in found.skipped} == {
        "._a.json": "hidden",
        ".DS_Store": "hidden",
        "e.json": "empty",
        "link.json": "a link, a device or a sparse file",
    }


def test_a_workbook_is_data_and_a_word_document_is_not(tmp_path: Path) -> None:
    workbook = _zip(tmp_path / "a.xlsx", {"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
    document = _zip(tmp_path / "a.docx", {"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"})

    assert [each.path for each in expand([str(workbook)]).inputs] == [workbook]
    with pytest.raises(SourceError, match=r"a\.docx: a Word document; save it as"):
        expand([str(document)])


def test_an_encrypted_or_cut_off_zip_says_so(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"a.json": b"[1]" * 1000})
    whole = path.read_bytes()
    directory = whole.rindex(b"PK\x01\x02")

    path.write_bytes(whole[: directory + 8] + b"\x01" + whole[directory + 9 :])
    with pytest.raises(SourceError, match=r"a\.zip/a\.json: encrypted; unpack it with its password"):
        expand([str(path)])

    path.write_bytes(whole[:-30])
    with pytest.raises(SourceError, match=r"a\.zip: a damaged or cut-off zip file"):
        expand([str(path)])


def test_a_member_with_a_wrong_checksum_is_read_and_then_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"a.json": b"[1]" * 1000}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"[1][1]", b"[2][1]", 1))

    with expand([str(path)]).inputs[0].open() as stream:
        assert stream.read(3000).startswith(b"[2][1]")
        with pytest.raises(SourceError, match=r"a\.zip/a\.json: damaged: its checksum is wrong"):
            stream.read(1)


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_cut_off_tar_gives_its_whole_members_and_then_the_error(tmp_path: Path, kept: float) -> None:
    rows = b"".join(b'{"n": %d}\n' % (number * 7919 % 104_729) for number in range(20_000))
    packed = gzip.compress(_tar({"b.jsonl": rows, "a.jsonl": rows}))
    path = tmp_path / "a.tar.gz"
    path.write_bytes(packed[: int(len(packed) * kept)])

    *whole, damaged = expand([str(path)]).inputs

    assert all(_read(each) == rows for each in whole)
    with damaged.open() as stream:
        begin = stream.read(len(rows))
        assert rows.startswith(begin)
        assert len(begin) > 1000
        with pytest.raises(SourceError, match="cut off"):
            stream.read(1)


def test_a_tar_with_a_damaged_header_is_not_silently_shorter(tmp_path: Path) -> None:
    data = bytearray(_tar({"a.json": b"[1]", "b.json": b"[2]"}))
    data[1024:1100] = b"\xff" * 76
    path = tmp_path / "a.tar"
    path.write_bytes(bytes(data))

    with pytest.raises(SourceError, match="a damaged tar file at byte 1024"):
        _contents(path)


def test_thousands_of_members_are_not_read_from_the_start_each_time(tmp_path: Path) -> None:
    path = tmp_path / "many.tar.gz"
    path.write_bytes(gzip.compress(_tar({f"{number:05}.json": b'{"n": %d}' % number for number in range(2000)})))

    contents = _contents(path)

    assert len(contents) == 2000
    assert contents["many.tar.gz/01234.json"] == b'{"n": 1234}'
