"""Databases: every table and view, opened without changing a byte, every value as text."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from pipeline.readers.chunk import ROW, ReadOptions
from pipeline.readers.sqlite import SQLITE
from schemas.errors import OptionError, SourceError
from tests.pipeline.readers.table_files import input_of, patents, read, read_table, titles_and_abstracts


def database(path: Path, script: str, rows: Sequence[tuple[object, ...]] = ()) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(script)
        if rows:
            connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608
    return path


def test_values_come_as_text_and_blobs_are_decoded(tmp_path: Path) -> None:
    rows = [(1, "甲", 1.5, None), (2, "乙".encode("gb18030"), 2, "丙".encode()), (3, b"\xff\xff", 0, "")]
    path = database(tmp_path / "a.db", "CREATE TABLE t (id INTEGER, title, price REAL, abstract)", rows)

    found = read(SQLITE, input_of(path))

    assert found.table.name == "a.db"
    assert found.table.columns == ("id", "title", "price", "abstract")
    assert found.values == [("1", "甲", "1.5", None), ("2", "乙", "2.0", "丙")]
    assert [(row, reason) for row, reason, _ in found.reasons] == [(3, "undecodable")]


def test_every_table_and_view_is_a_table(tmp_path: Path) -> None:
    script = """CREATE TABLE t (a); CREATE TABLE "odd ""name" ("x ""y" INTEGER PRIMARY KEY AUTOINCREMENT, z);
        INSERT INTO "odd ""name" (z) VALUES ('甲'); CREATE VIEW seen AS SELECT z || '!' AS loud FROM "odd ""name";"""
    source = input_of(database(tmp_path / "a.db", script))

    tables = SQLITE.tables(source, ReadOptions())

    assert [table.name for table in tables] == ["a.db#t", 'a.db#odd "name', "a.db#seen"]
    assert read_table(tables[1]).values == [("1", "甲")]
    assert read_table(tables[2]).values == [("甲!",)]
    assert [table.name for table in SQLITE.tables(source, ReadOptions(table="seen"))] == ["a.db#seen"]
    with pytest.raises(OptionError, match=r"a\.db: no table 'x'; choose one of: t, odd"):
        SQLITE.tables(source, ReadOptions(table="x"))


def test_rows_are_the_same_in_chunks_and_out_of_an_archive(tmp_path: Path) -> None:
    rows = [(f"题{n}", "摘要" * 20) for n in range(5000)]
    path = database(tmp_path / "a.db", "CREATE TABLE t (title, abstract)", rows)

    (table,) = SQLITE.tables(input_of(path.read_bytes(), "z.zip/a.db"), ReadOptions(chunk_bytes=20_000))
    chunks = list(table.chunks({"title": pl.String(), "keywords": pl.String()}))

    frame = pl.concat([chunk.frame for chunk in chunks])
    assert len(chunks) > 5
    assert frame[ROW].to_list() == list(range(1, 5001))
    assert frame.select("title", "abstract", "keywords").rows() == [(*row, None) for row in rows]


def test_reading_leaves_the_database_and_its_folder_alone(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", "CREATE TABLE t (a)", [("甲",)])
    path.chmod(0o444)
    before = path.read_bytes()

    read(SQLITE, input_of(path))

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_rows_that_still_lie_in_the_journal_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as writer:
        writer.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES ('甲');")

        found = read(SQLITE, input_of(path))

    assert found.values == [("甲",)]


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", "CREATE TABLE t (a, b)", [("甲" * 500, n) for n in range(200)])
    data = bytearray(path.read_bytes())
    data[8192:60_000] = b"\x99" * (60_000 - 8192)

    with pytest.raises(SourceError, match=r"b\.db: damaged database: "):
        read(SQLITE, input_of(bytes(data), "b.db"))
    with pytest.raises(SourceError, match=r"b\.db: damaged database: "):
        read(SQLITE, input_of(bytes(data[:100]), "b.db"))


def test_a_database_without_tables_is_refused(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", "CREATE TABLE t (a); DROP TABLE t")

    with pytest.raises(SourceError, match=r"a\.db: empty"):
        SQLITE.tables(input_of(path), ReadOptions())


def test_patents_come_back_from_a_database(tmp_path: Path) -> None:
    rows = patents()
    path = database(tmp_path / "专利.db", "CREATE TABLE t (title TEXT, abstract TEXT)", rows)

    assert titles_and_abstracts(read(SQLITE, input_of(path))) == rows
