"""Reading plain text."""

import io

import pytest

from pipeline.readers.chunk import OFFSET, ROW, Chunk, ReadOptions, Table
from pipeline.readers.text import TEXT
from pipeline.sources.inputs import Input

PARAGRAPHS = "\n第一行\r\n第二行\n\n \n第三行\n"


def table_of(data: bytes, chunk_bytes: int = 1 << 20) -> Table:
    source = Input(name="notes.txt", open=lambda: io.BytesIO(data))
    return TEXT.tables(source, ReadOptions(chunk_bytes=chunk_bytes))[0]


def chunks_of(data: bytes, chunk_bytes: int = 1 << 20) -> list[Chunk]:
    return list(table_of(data, chunk_bytes).chunks(None))


@pytest.mark.parametrize("chunk_bytes", [4, 30, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_paragraphs_are_parted_by_blank_lines(encoding: str, chunk_bytes: int) -> None:
    data = (PARAGRAPHS + "\n" + PARAGRAPHS).encode(encoding)

    chunks = chunks_of(data, chunk_bytes)

    rows = [row for chunk in chunks for row in chunk.frame.drop(OFFSET).rows()]
    assert rows == [(2, "第一行\n第二行"), (6, "第三行"), (9, "第一行\n第二行"), (13, "第三行")]
    starts = [data[offset : offset + 2] for chunk in chunks for offset in chunk.frame[OFFSET]]
    assert starts == ["第".encode(encoding)[:2]] * 4


def test_without_blank_lines_every_line_is_a_row() -> None:
    table = table_of("甲\n乙\n丙".encode())

    assert [row for chunk in table.chunks(None) for row in chunk.frame.rows()] == [
        (1, 0, "甲"),
        (2, 4, "乙"),
        (3, 8, "丙"),
    ]
    assert table.facts == {"rows": "lines"}
    assert table_of(PARAGRAPHS.encode()).facts == {"rows": "paragraphs, parted by blank lines"}


def test_a_blank_line_that_comes_late_is_an_empty_row() -> None:
    data = ("一行\n" * 200_000 + "\n末行\n").encode()

    chunks = chunks_of(data)

    assert sum(chunk.frame.height for chunk in chunks) == 200_001
    assert sum(chunk.not_a_record.get("empty_row", 0) for chunk in chunks) == 1
    assert sum(chunk.rows_read for chunk in chunks) == 200_002


def test_text_in_no_encoding_is_rejected_with_its_line() -> None:
    (chunk,) = chunks_of("甲\n".encode() + b"\xff\xff\n" + "丙\n丁".encode(), chunk_bytes=1 << 20)[:1]

    assert chunk.rejected.select(ROW, "reason").rows() == [(2, "undecodable")]


def test_only_names_of_texts_and_no_binary_files_are_claimed() -> None:
    def claims(name: str, head: bytes) -> bool:
        return TEXT.recognises(Input(name=name, open=io.BytesIO), head)

    assert claims("notes.TXT", "甲".encode())
    assert claims("a.zip/notes.txt.gz", "甲".encode("gb18030"))
    assert claims("notes.txt", "甲".encode("utf-16"))
    assert not claims("notes.md", b"x")
    assert not claims("notes.txt", b"MZ\0\0")


def test_an_empty_row_column_list_gives_places_only() -> None:
    chunk = next(table_of(PARAGRAPHS.encode()).chunks({}))

    assert chunk.frame.columns == [ROW, OFFSET]
    assert chunk.frame[ROW].to_list() == [2]
