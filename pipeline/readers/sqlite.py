"""SQLite databases: every table and view is a table, opened read-only and streamed, every value as text."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import polars as pl

from pipeline.readers.chunk import Chunk, Columns, Reader, ReadOptions, Table, raw_as_json
from pipeline.readers.header import column_names
from pipeline.readers.local_copy import local_path
from pipeline.readers.text_columns import as_wanted, decoded, shown, undecodable_rows
from pipeline.sources.inputs import Input
from schemas.errors import OptionError, SourceError
from schemas.places import OFFSET, PLACE, ROW

SUFFIXES = (".sqlite", ".sqlite3", ".db", ".db3")
_MAGIC = b"SQLite format 3\0"
_FIRST_ROWS = 1000


def _recognises(source: Input, head: bytes) -> bool:
    return head.startswith(_MAGIC)


def _tables(source: Input, options: ReadOptions) -> list[Table]:
    with local_path(source) as path, _connection(path, source.name) as database:
        query = (
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
        names = [name for (name,) in database.execute(query + " ORDER BY rowid")]
        if not names:
            raise SourceError(f"{source.name}: empty: a database without tables")
        if options.table is not None and options.table not in names:
            raise OptionError(f"{source.name}: no table {options.table!r}; choose one of: {', '.join(names)}")
        wanted = names if options.table is None else [options.table]
        return [_table(source, database, name, options, len(names) > 1) for name in wanted]


def _table(
    source: Input, database: sqlite3.Connection, table: str, options: ReadOptions, is_one_of_many: bool
) -> Table:
    cursor = _select(database, table)
    columns = column_names([entry[0] for entry in cursor.description])
    first = _chunk(cursor.fetchmany(options.sample_rows), columns, 1, None)
    return Table(
        name=f"{source.name}#{table}" if is_one_of_many else source.name,
        reader=SQLITE.name,
        columns=columns,
        sample=first.frame.drop(ROW, OFFSET).to_dicts(),
        chunks=partial(_chunks, source, table, columns, options.chunk_bytes),
        facts={"table": table},
    )


def _chunks(
    source: Input, table: str, names: tuple[str, ...], chunk_bytes: int, columns: Columns | None
) -> Iterator[Chunk]:
    """Chunks of about ``chunk_bytes``, by the size of the rows before."""
    with local_path(source) as path, _connection(path, source.name) as database:
        cursor = _select(database, table)
        first, height = 1, _FIRST_ROWS
        while rows := cursor.fetchmany(height):
            chunk = _chunk(rows, names, first, columns)
            yield chunk
            first += len(rows)
            height = max(1, min(100_000, len(rows) * chunk_bytes // (int(chunk.frame.estimated_size()) + 1)))


def _chunk(rows: list[tuple[object, ...]], names: tuple[str, ...], first: int, columns: Columns | None) -> Chunk:
    is_bad = [any(isinstance(value, bytes) for value in row) for row in rows]
    texts = [tuple(map(shown, row)) for row in rows] if any(is_bad) else rows
    frame = pl.DataFrame(texts, schema=dict.fromkeys(names, pl.String), orient="row")
    frame = frame.with_row_index(ROW, offset=first).select(
        pl.col(ROW).cast(PLACE[ROW]), pl.lit(None, PLACE[OFFSET]).alias(OFFSET), *names
    )
    bad = pl.Series(is_bad, dtype=pl.Boolean)
    rejected = undecodable_rows(frame.filter(bad))
    good, misfits = as_wanted(frame.filter(~bad), columns, raw_as_json)
    empty = pl.all_horizontal(pl.col(name).is_null() for name in good.columns if name not in (ROW, OFFSET))
    filled = good.filter(~empty)
    return Chunk(
        frame=filled,
        rejected=pl.concat([rejected, misfits]).sort(ROW),
        not_a_record={"empty_row": good.height - filled.height} if filled.height < good.height else {},
    )


@contextmanager
def _connection(path: Path, name: str) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing, not even the journal; what is no text comes as bytes."""
    has_journal = path.with_name(f"{path.name}-wal").exists()  # rows that are not in the file itself yet
    uri = f"{path.absolute().as_uri()}?mode=ro{'' if has_journal else '&immutable=1'}"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            database.text_factory = decoded
            yield database
    except sqlite3.DatabaseError as error:
        raise SourceError(f"{name}: damaged database: {error}; try: sqlite3 {path.name} .recover") from None


def _select(database: sqlite3.Connection, table: str) -> sqlite3.Cursor:
    quoted = table.replace('"', '""')
    cursor = database.execute(f'SELECT * FROM "{quoted}" LIMIT 0')  # noqa: S608  # quoted; names cannot be bound
    names = [entry[0].replace('"', '""') for entry in cursor.description]
    texts = ", ".join(f'CAST("{column}" AS TEXT) AS "{column}"' for column in names)
    return database.execute(f'SELECT {texts} FROM "{quoted}"')  # noqa: S608


SQLITE = Reader(name="sqlite", suffixes=SUFFIXES, recognises=_recognises, tables=_tables)
