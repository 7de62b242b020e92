"""Excel workbooks (.xlsx): every visible sheet is a table, read sheet by sheet, every cell as text."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

import polars as pl

from pipeline.readers.chunk import Chunk, Columns, Reader, ReadOptions, Table, raw_as_json
from pipeline.readers.header import column_names, find_header, renamed
from pipeline.readers.idle_rows import without_idle_rows
from pipeline.readers.text_columns import as_wanted
from pipeline.sources.inputs import Input
from schemas.errors import OptionError, SourceError
from schemas.places import OFFSET, PLACE, ROW

if TYPE_CHECKING:
    from fastexcel import ExcelReader

SUFFIXES = (".xlsx", ".xlsm")
_MIDNIGHT = r"^(\d{4}-\d\d-\d\d) 00:00:00$"
_HEADER_ROWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """What the columns of a sheet are called, and where its rows begin."""

    columns: tuple[str, ...]
    header: tuple[str, ...] | None
    first: int
    """Index of the first row of data."""


def _recognises(source: Input, head: bytes) -> bool:
    return head.startswith(b"PK\3\4") and PurePath(source.name).suffix.lower() in SUFFIXES


def _tables(source: Input, options: ReadOptions) -> list[Table]:
    book = _open(source)
    names = book.sheet_names
    if options.table is not None and options.table not in names:
        raise OptionError(f"{source.name}: no sheet {options.table!r}; choose one of: {', '.join(names)}")
    tables: list[Table] = []
    hidden: list[str] = []
    for name in names if options.table is None else [options.table]:
        cells, is_shown = _load(source, book, name)
        if not is_shown and options.table is None:
            hidden.append(name)
        elif cells.width:
            tables.append(_table(source, name, cells, options, len(names) > 1))
    if not tables:
        raise SourceError(f"{source.name}: empty: no visible sheet has a row; sheets: {', '.join(names)}")
    skipped = {"hidden sheets skipped": ", ".join(hidden)} if hidden else {}
    return [replace(table, facts={**table.facts, **skipped}) for table in tables]


def _table(source: Input, sheet: str, cells: pl.DataFrame, options: ReadOptions, is_one_of_many: bool) -> Table:
    layout, facts = _find_layout(cells)
    return Table(
        name=f"{source.name}#{sheet}" if is_one_of_many else source.name,
        reader=EXCEL.name,
        columns=layout.columns,
        sample=_rows(cells, layout).frame.head(options.sample_rows).drop(ROW, OFFSET).to_dicts(),
        chunks=partial(_chunks, source, sheet, layout, options.chunk_bytes),
        facts=facts,
    )


def _find_layout(cells: pl.DataFrame) -> tuple[_Layout, dict[str, str]]:
    rows = [[cell or "" for cell in row] for row in cells.head(_HEADER_ROWS).rows()]
    at = find_header(rows, cells.width, likely=True)
    if at is None:
        return _Layout(columns=column_names([""] * cells.width), header=None, first=0), {"header": "none"}
    layout = _Layout(columns=column_names(rows[at]), header=tuple(rows[at]), first=at + 1)
    changed = renamed(rows[at], layout.columns)
    return layout, {"header": f"row {at + 1}"} | ({"renamed columns": changed} if changed else {})


def _chunks(source: Input, sheet: str, layout: _Layout, chunk_bytes: int, columns: Columns | None) -> Iterator[Chunk]:
    cells, _ = _load(source, _open(source), sheet)
    height = max(1, cells.height * chunk_bytes // (int(cells.estimated_size()) + 1))
    for start in range(layout.first, cells.height, height):
        yield _rows(cells, layout, slice(start, start + height), columns)


def _rows(cells: pl.DataFrame, layout: _Layout, part: slice = slice(None), columns: Columns | None = None) -> Chunk:
    named = cells.rename(dict(zip(cells.columns, layout.columns, strict=True)))
    rows = named.with_row_index(ROW, offset=1)[max(layout.first, part.start or 0) : part.stop]
    frame = rows.select(pl.col(ROW).cast(PLACE[ROW]), pl.lit(None, PLACE[OFFSET]).alias(OFFSET), *layout.columns)
    frame, idle = without_idle_rows(frame, layout.columns, layout.header)
    frame, misfits = as_wanted(frame, columns, raw_as_json)
    counts = {reason: count for reason, count in idle.items() if count}
    return Chunk(frame=frame, rejected=misfits, not_a_record=counts)


def _open(source: Input) -> "ExcelReader":
    import fastexcel  # heavy

    try:
        if source.path is not None:
            return fastexcel.read_excel(source.path)
        with source.open() as stream:
            return fastexcel.read_excel(stream.read())
    except fastexcel.FastExcelError as error:
        raise _damaged(source.name, error) from None


def _load(source: Input, book: "ExcelReader", sheet: str) -> tuple[pl.DataFrame, bool]:
    """The cells of a sheet from its first row on, without its empty columns, and whether it is shown."""
    import fastexcel  # heavy

    try:
        loaded = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
        cells = loaded.to_polars()
    except fastexcel.FastExcelError as error:
        raise _damaged(f"{source.name}#{sheet}", error) from None
    filled = cells.select(name for name in cells.columns if cells[name].null_count() < cells.height)
    return filled.with_columns(pl.all().str.replace(_MIDNIGHT, "$1")), loaded.visible == "visible"


def _damaged(place: str, error: Exception) -> SourceError:
    reason = str(error).splitlines()[0].removeprefix("calamine error: ")
    return SourceError(f"{place}: damaged, or no Excel workbook: {reason}; open and save it again in Excel")


EXCEL = Reader(name="excel", suffixes=SUFFIXES, recognises=_recognises, tables=_tables)
