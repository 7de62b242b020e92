"""Packs the rows of samples/rows into the binary sample sources: Parquet, Excel, SQLite, zip, tar, gzip, bzip2, xz.

Run from the repository root with ``python -m samples.make_containers`` after a change of the rows, then renew the
golden output. Text sources are written by hand and stand in ``sources/`` as they are.
"""

import bz2
import csv
import gzip
import io
import lzma
import re
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import polars as pl

from samples.phrases import articles, legal_answers, papers, patents

SAMPLES = Path(__file__).resolve().parent
ROWS = SAMPLES / "rows"
Row = dict[str, str]


def rows_of(name: str) -> list[Row]:
    """The rows of a tab-separated file without quotes."""
    with (ROWS / f"{name}.tsv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def parquet(rows: Iterable[Row]) -> bytes:
    stream = io.BytesIO()
    pl.DataFrame(list(rows)).write_parquet(stream, compression="zstd")
    return stream.getvalue()


def excel(rows: Iterable[Row]) -> bytes:
    """One sheet, with three empty lines at its end as spreadsheets keep them."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    listed = list(rows)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("检索结果")
    for line in ([*listed[0]], *(list(row.values()) for row in listed), *([""] * len(listed[0]) for _ in range(3))):
        sheet.append([WriteOnlyCell(sheet, value=value) for value in line])
    stream = io.BytesIO()
    book.save(stream)
    return _repacked(stream.getvalue())


def sqlite(table: str, rows: Iterable[Row]) -> bytes:
    listed = list(rows)
    columns = ", ".join(f'"{name}" TEXT' for name in listed[0])
    marks = ", ".join("?" for _ in listed[0])
    with closing(sqlite3.connect(":memory:")) as base:
        base.execute(f'CREATE TABLE "{table}" ({columns})')
        base.executemany(f'INSERT INTO "{table}" VALUES ({marks})', [tuple(row.values()) for row in listed])  # noqa: S608
        base.commit()
        return base.serialize()


def zipped(members: Iterable[Path]) -> bytes:
    return _zip((member.name, member.read_bytes()) for member in members)


def gzipped(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)


def multistream(path: Path) -> bytes:
    """As the dumps of Wikipedia are packed: the head, every few pages and the tail each a bzip2 stream of their own."""
    pieces = re.split(rb"(?<=</siteinfo>\n)|(?<=</page>\n)(?=  </?(?:page|mediawiki))", path.read_bytes())
    return b"".join(bz2.compress(piece) for piece in pieces)


def _repacked(book: bytes) -> bytes:
    """The same workbook without the time of day."""
    with zipfile.ZipFile(io.BytesIO(book)) as old:
        stamp = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
        return _zip((name, stamp.sub(b"2026-01-01T00:00:00Z", old.read(name))) for name in old.namelist())


def _zip(members: Iterable[tuple[str, bytes]]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _tar(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    member = tarfile.TarInfo(name)
    member.size = len(data)
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def _patents(first: int, last: int) -> list[Row]:
    return list(patents(rows_of("patents")))[first:last]


CONTAINERS: dict[str, Callable[[], bytes]] = {
    "encyclopedia/sources/elements.parquet": lambda: parquet(articles(rows_of("elements"), rows_of("solar_terms"))),
    "encyclopedia/sources/zhwiki-pages-articles.xml.bz2": lambda: multistream(ROWS / "zhwiki-pages-articles.xml"),
    "encyclopedia/sources/webtext.jsonl.gz": lambda: gzipped(ROWS / "webtext.jsonl"),
    "legal/sources/consultations.sqlite.xz": lambda: lzma.compress(
        sqlite("consultations", legal_answers(rows_of("offences"), rows_of("questions")))
    ),
    "legal/sources/qa_corpus.json.zip": lambda: zipped([ROWS / "qa_corpus.json"]),
    "paper/sources/papers.xlsx": lambda: excel(papers(rows_of("papers"))),
    "paper/sources/arxiv-metadata.json.gz": lambda: gzipped(ROWS / "arxiv-metadata.json"),
    "patent/sources/incopat.xlsx": lambda: excel(_patents(0, 26)),
    "patent/sources/patents.tar.xz": lambda: lzma.compress(_tar("patents.sqlite", sqlite("patents", _patents(24, 50)))),
    "patent/sources/patents.parquet": lambda: parquet(_patents(48, 78)),
    "patent/sources/crawl.zip": lambda: zipped([ROWS / "crawl_1.jsonl", ROWS / "crawl_2.csv"]),
    "instruct/sources/tasks.parquet": lambda: parquet(rows_of("tasks")),
    "instruct/sources/firefly.jsonl.gz": lambda: gzipped(ROWS / "firefly.jsonl"),
}


def main() -> None:
    for name, pack in CONTAINERS.items():
        target = SAMPLES / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(pack())


if __name__ == "__main__":
    main()
