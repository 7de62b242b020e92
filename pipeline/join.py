"""``--join FILE --on COLUMN``: columns of another file, found by a key. The joined file is held in memory."""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from converters.detect import normal
from pipeline.readers.chunk import OFFSET, REJECTED, ROW, Chunk, Columns, Table
from schemas.errors import FormatError

_KEY = "__key__"


def joined(table: Table, other: Table, on: str) -> Table:
    """The table with the columns of ``other`` that it lacks; a row without a partner is rejected as ``no_partner``."""
    key = _key_of(table, on)
    partners, lost = _partners(other, _key_of(other, on))
    added = tuple(column for column in partners.columns if column != _KEY and column not in table.columns)
    partners = partners.select(_KEY, *added)
    sample = _joined_sample(table, partners, key)

    def chunks(columns: Columns | None) -> Iterator[Chunk]:
        _refuse_lists(other, added, columns or {})
        own = None if columns is None else {name: t for name, t in columns.items() if name not in added}
        wanted = None if own is None else {**own, key: pl.String()}
        for chunk in table.chunks(wanted):
            yield _with_partners(chunk, partners, key)

    facts = {**table.facts, "joined with": f"{other.name} on {on} ({partners.height:,} rows{lost})"}
    return replace(table, columns=(*table.columns, *added), sample=sample, chunks=chunks, facts=facts)


def _refuse_lists(other: Table, added: tuple[str, ...], columns: Columns) -> None:
    nested = [name for name, dtype in columns.items() if name in added and dtype != pl.String]
    if nested:
        raise FormatError(
            f"{other.name}: --join: {nested[0]} would have to be a list; only columns of text can be joined"
        )


def _key_of(table: Table, on: str) -> str:
    found = next((column for column in table.columns if normal(column) == normal(on)), None)
    if found is None:
        raise FormatError(f"{table.name}: --on {on}: no such column; found {', '.join(table.columns)}")
    return found


def _partners(other: Table, key: str) -> tuple[pl.DataFrame, str]:
    """Its rows by their key, and how many are of no use."""
    chunks = list(other.chunks(None))
    frames = [chunk.frame.drop(ROW, OFFSET) for chunk in chunks]
    if not frames:
        raise FormatError(f"{other.name}: --join: no rows in it")
    whole = pl.concat(frames, how="diagonal").rename({key: _KEY})
    keyed = whole.filter(pl.col(_KEY).is_not_null())
    partners = keyed.unique(_KEY, keep="first", maintain_order=True)
    lost = {
        "unreadable": sum(chunk.rejected.height for chunk in chunks),
        f"without {key}": whole.height - keyed.height,
        "with a repeated one": keyed.height - partners.height,
    }
    return partners, "".join(f", {count:,} {what}" for what, count in lost.items() if count)


def _joined_sample(table: Table, partners: pl.DataFrame, key: str) -> list[dict[str, object]]:
    wanted = [str(row.get(key)) for row in table.sample]
    found = {row[_KEY]: row for row in partners.filter(pl.col(_KEY).is_in(wanted)).to_dicts()}
    return [{**found.get(str(row.get(key)), {}), **row} for row in table.sample]


def _with_partners(chunk: Chunk, partners: pl.DataFrame, key: str) -> Chunk:
    frame = chunk.frame.with_columns(pl.col(key).alias(_KEY))
    whole = frame.join(partners, on=_KEY, how="left", maintain_order="left").drop(_KEY)
    alone = frame.join(partners, on=_KEY, how="anti", maintain_order="left").drop(_KEY)
    if alone.is_empty():
        return replace(chunk, frame=whole)
    rejected = alone.select(
        ROW,
        OFFSET,
        chunk.raw(alone).alias("raw"),
        reason=pl.lit("no_partner"),
        detail=pl.concat_str((pl.lit(f"{key} = "), pl.col(key).fill_null("null"))),
    ).cast(pl.Schema(REJECTED))
    return replace(
        chunk,
        frame=whole.filter(~pl.col(ROW).is_in(alone[ROW].implode())),
        rejected=pl.concat((chunk.rejected.cast(pl.Schema(REJECTED)), rejected)).sort(ROW),
    )
