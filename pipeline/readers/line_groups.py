"""Records of several lines in a text: lines with their places, and the lines of one record together."""

from collections.abc import Iterator

import polars as pl

from pipeline.readers.chunk import OFFSET, PLACE, ROW
from pipeline.sources.encoding import LineBlock, line_blocks
from pipeline.sources.inputs import Input

LINES = {**PLACE, "line": pl.String(), "is_undecodable": pl.Boolean()}
BLOCK_BYTES = 4 << 20
"""Lines need many times their bytes while they are looked at."""
GROUP_CHUNKS = 4
"""A record that is larger than this many chunks is cut."""


def line_groups(
    source: Input, encoding: str, chunk_bytes: int, is_start: pl.Expr
) -> Iterator[tuple[pl.DataFrame, int]]:
    """Lines of whole records with the number of their ``group`` in the frame (0: before the first start), and how many
    lines were in another encoding. ``is_start`` says of a ``line`` (without its line end) that a record begins there.
    """
    rest, mixed = pl.DataFrame(schema=LINES), 0
    with source.open() as stream:
        for block in line_blocks(stream, encoding, min(chunk_bytes, BLOCK_BYTES)):
            lines = _grouped(pl.concat([rest, _lines(block)]), is_start)
            mixed += block.mixed_lines
            last = lines["group"].max()
            is_rest = pl.col("group") == last
            rest = lines.filter(is_rest).select(*LINES)
            if rest["line"].str.len_bytes().sum() > GROUP_CHUNKS * chunk_bytes:
                is_rest, rest = pl.lit(False), rest.clear()
            whole = lines.filter(~is_rest)
            if whole.height:
                yield whole, mixed
                mixed = 0
    if rest.height:
        yield _grouped(rest, is_start), mixed


def _grouped(lines: pl.DataFrame, is_start: pl.Expr) -> pl.DataFrame:
    return lines.with_columns(group=is_start.fill_null(False).cum_sum())


def _lines(block: LineBlock) -> pl.DataFrame:
    text = pl.Series("line", [block.data.decode().removesuffix("\n")])
    lines = text.str.split("\n").explode().to_frame()
    numbers = pl.int_range(block.first_line, block.first_line + pl.len(), dtype=pl.UInt64)
    lengths = lines["line"].str.len_bytes().cast(pl.Int64) + 1
    if not block.same_bytes:
        known: list[int | None] = [*block.lengths] if block.lengths is not None else [None] * lines.height
        lengths = pl.Series(known[: lines.height], dtype=pl.Int64)
    return lines.select(
        numbers.alias(ROW),
        (pl.lit(block.offset, pl.Int64) + lengths.cum_sum().shift(1, fill_value=0)).alias(OFFSET),
        pl.col("line").str.strip_suffix("\r"),
        is_undecodable=numbers.is_in(list(block.undecodable)),
    )
