"""Compressed streams are known by their bytes and undone on the fly, up to the very place of a damage."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import pytest
import zstandard

from pipeline.sources.compression import compression_of, decompressed
from pipeline.sources.inputs import Input
from schemas.errors import SourceError

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}
TEXT = "".join(
    f'{{"title": "标题{number}", "abstract": "摘要{number * 7919 % 104729}"}}\n' for number in range(20_000)
).encode()


def _input(data: bytes) -> Input:
    return Input(name="a.jsonl.x", open=lambda: io.BytesIO(data))


@pytest.mark.parametrize("kind", PACK)
def test_a_stream_reads_back_as_often_as_it_is_opened(kind: str) -> None:
    packed = PACK[kind](TEXT)
    assert compression_of(packed) == kind

    unpacked = decompressed(_input(packed), kind)

    for _ in range(2):
        with unpacked.open() as stream:
            assert stream.read() == TEXT
    assert unpacked.path is None


@pytest.mark.parametrize("kind", PACK)
def test_members_that_follow_each_other_are_one_stream(kind: str) -> None:
    packed = PACK[kind](TEXT) + PACK[kind](b"") + PACK[kind](b"end\n")

    with decompressed(_input(packed), kind).open() as stream:
        assert stream.read() == TEXT + b"end\n"


def test_padding_and_skippable_frames_between_members_are_passed_over() -> None:
    frame = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"
    padded = gzip.compress(b"a\n") + b"\0" * 512 + gzip.compress(b"b\n") + b"\0" * 100_000
    framed = frame + PACK["zstd"](b"a\n") + frame

    assert decompressed(_input(padded), "gzip").open().read() == b"a\nb\n"
    assert compression_of(framed) == "zstd"
    assert decompressed(_input(framed), "zstd").open().read() == b"a\n"


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("step", [100, 65_536, 1 << 20])
def test_a_cut_off_stream_gives_everything_before_the_cut_and_then_the_error(kind: str, step: int) -> None:
    packed = PACK[kind](TEXT)
    delivered: list[bytes] = []

    with (
        decompressed(_input(packed[: len(packed) - 20]), kind).open() as stream,
        pytest.raises(SourceError, match=rf"a.jsonl.x: cut off: its {kind} data stops at byte {len(packed) - 20}"),
    ):
        delivered.extend(iter(lambda: stream.read(step), b""))

    assert TEXT.startswith(b"".join(delivered))
    assert len(b"".join(delivered)) > (0 if kind == "bzip2" else len(TEXT) // 2)


def test_reading_a_cut_off_stream_at_once_is_an_error_not_a_shorter_text() -> None:
    packed = gzip.compress(TEXT)

    with pytest.raises(SourceError, match="cut off"):
        decompressed(_input(packed[:-20]), "gzip").open().read()


@pytest.mark.parametrize("kind", PACK)
def test_damage_in_the_middle_is_named_with_its_place(kind: str) -> None:
    packed = bytearray(PACK[kind](TEXT))
    packed[len(packed) // 2 : len(packed) // 2 + 64] = b"\xff" * 64

    with pytest.raises(SourceError, match=rf"a\.jsonl\.x: .*{kind} data .*byte \d+"):
        decompressed(_input(bytes(packed)), kind).open().read()


def test_lines_are_read_from_a_compressed_stream() -> None:
    with decompressed(_input(gzip.compress(TEXT)), "gzip").open() as stream:
        assert list(stream) == TEXT.splitlines(keepends=True)


def test_a_bomb_is_read_piece_by_piece() -> None:
    bomb = PACK["zstd"](b"\0" * (64 << 20))

    with decompressed(_input(bomb), "zstd").open() as stream:
        assert len(stream.read(1000)) == 1000


def test_plain_text_is_not_taken_for_compressed() -> None:
    assert compression_of(b"BZh is a prefix") is None
    assert compression_of(b"") is None
