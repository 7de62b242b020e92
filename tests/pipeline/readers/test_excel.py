"""Workbooks: every visible sheet a table, every cell as text, every row with its Excel number."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from pipeline.readers.chunk import ROW, ReadOptions
from pipeline.readers.excel import EXCEL
from schemas.errors import OptionError, SourceError
from tests.pipeline.readers.table_files import input_of, patents, read, read_table, titles_and_abstracts


def workbook(path: Path, **sheets: Sequence[Sequence[Any]]) -> Path:
    """A workbook; a sheet whose name starts with ``hidden`` is hidden."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name.startswith("hidden") else "visible"
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_cells_come_as_text_under_the_header_that_follows_the_preamble(tmp_path: Path) -> None:
    day = datetime.datetime(2019, 7, 9)
    rows: list[list[object]] = [
        ["专利导出清单"],
        [],
        ["标题", "申请日", "数量", "价", "标题"],
        ["甲", day, 3, 1.5, 2.02e12],
        [],
        ["乙"],
    ]
    path = workbook(tmp_path / "a.xlsx", 专利=rows)

    found = read(EXCEL, input_of(path))

    assert found.table.name == "a.xlsx"
    assert found.table.columns == ("标题", "申请日", "数量", "价", "标题_2")
    assert found.values == [("甲", "2019-07-09", "3", "1.5", "2020000000000"), ("乙", None, None, None, None)]
    assert found.frame[ROW].to_list() == [4, 6]
    assert found.not_a_record == {"empty_row": 1}
    assert dict(found.table.facts) == {"header": "row 3", "renamed columns": "标题_2"}


def test_every_visible_sheet_is_a_table(tmp_path: Path) -> None:
    rows = [["标题", "摘要"], ["甲", "乙"]]
    source = input_of(workbook(tmp_path / "a.xlsx", one=rows, empty=[], hidden=rows, two=[*rows, ["丙", "丁"]]))

    tables = EXCEL.tables(source, ReadOptions())

    assert [table.name for table in tables] == ["a.xlsx#one", "a.xlsx#two"]
    assert [read_table(table).frame.height for table in tables] == [1, 2]
    assert tables[0].facts["hidden sheets skipped"] == "hidden"


def test_a_sheet_is_chosen_by_name_even_a_hidden_one(tmp_path: Path) -> None:
    rows = [["标题", "摘要"], ["甲", "乙"]]
    source = input_of(workbook(tmp_path / "a.xlsx", one=rows, hidden=rows))

    (table,) = EXCEL.tables(source, ReadOptions(table="hidden"))

    assert table.name == "a.xlsx#hidden"
    with pytest.raises(OptionError, match=r"a\.xlsx: no sheet 'x'; choose one of: one, hidden"):
        EXCEL.tables(source, ReadOptions(table="x"))


def test_rows_are_the_same_in_chunks_and_out_of_an_archive(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", one=[["标题", "摘要"], *([f"题{n}", "摘要" * 20] for n in range(500))])

    whole = read(EXCEL, input_of(path))
    (table,) = EXCEL.tables(input_of(path.read_bytes(), "z.zip/a.xlsx"), ReadOptions(chunk_bytes=5000))
    chunks = list(table.chunks({"标题": pl.String(), "摘要": pl.String()}))

    assert len(chunks) > 5
    assert pl.concat([chunk.frame for chunk in chunks]).rows() == whole.frame.rows()


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.9])
def test_a_damaged_workbook_is_refused(tmp_path: Path, keep: float) -> None:
    data = workbook(tmp_path / "a.xlsx", one=[["标题"], ["甲"]]).read_bytes()

    with pytest.raises(SourceError, match=r"b\.xlsx: damaged, or no Excel workbook: [^\n]+$"):
        EXCEL.tables(input_of(data[: int(len(data) * keep)], "b.xlsx"), ReadOptions())


def test_a_workbook_without_rows_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", one=[], hidden=[["标题"], ["甲"]])

    with pytest.raises(SourceError, match=r"a\.xlsx: empty: no visible sheet has a row"):
        EXCEL.tables(input_of(path), ReadOptions())


def test_patents_come_back_from_a_workbook(tmp_path: Path) -> None:
    rows = patents()
    path = workbook(tmp_path / "专利.xlsx", 专利=[["title", "abstract"], *map(list, rows)])

    assert titles_and_abstracts(read(EXCEL, input_of(path))) == rows
