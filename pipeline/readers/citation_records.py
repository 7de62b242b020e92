"""From the lines of a citation export to one line a record: frames throughout, no loop over lines."""

from collections.abc import Iterator, Mapping

import polars as pl

from pipeline.readers.chunk import Chunk, Row
from pipeline.readers.citation_tags import COLUMNS, SEPARATORS, Grammar
from pipeline.readers.lines import find_lines
from pipeline.sources.encoding import LineBlock
from schemas.places import OFFSET, PLACE, ROW

LINE, RECORD, BAD = "line", "record", "bad"
"""Text of a line without its line end; the record that it belongs to; whether it could not be decoded."""
LINES: Mapping[str, pl.DataType] = {**PLACE, LINE: pl.String(), BAD: pl.Boolean()}
_TAG, _OPENS, _FILLED, _PARAGRAPH = "tag", "opens", "filled", "paragraph"

_FILLED_LINES = pl.col(LINE).filter(pl.col(LINE) != "")
_FIELD_TEXT = pl.when((pl.col(LINE).head(2) != "").any()).then(_FILLED_LINES.str.join("\n"))
"""An empty tag above a blank line is an empty field: CNKI writes it where there is no proper abstract."""


def sample_rows(chunks: Iterator[Chunk], limit: int) -> list[Row]:
    """The first rows, as Python values."""
    rows: list[Row] = []
    for chunk in chunks:
        rows += chunk.frame.drop(ROW, OFFSET).head(limit - len(rows)).to_dicts()
        if len(rows) >= limit:
            break
    return rows


def line_frame(block: LineBlock) -> pl.DataFrame:
    """The lines of a block with their places, without their line ends."""
    found = find_lines(block, frozenset())
    count = len(found.empty)
    texts = [text.removesuffix("\r") for text in block.data.decode().split("\n")[:count]]
    for number, undecodable in block.undecodable.items():
        texts[number - block.first_line] = undecodable.decode("utf-8", "backslashreplace")
    numbers = pl.int_range(block.first_line, block.first_line + count, dtype=pl.UInt64, eager=True)
    columns = {
        ROW: numbers,
        OFFSET: found.offsets if found.offsets is not None else [None] * count,
        LINE: texts,
        BAD: numbers.is_in(list(block.undecodable)),
    }
    return pl.DataFrame(columns, schema=LINES)


def with_records(lines: pl.DataFrame, grammar: Grammar) -> pl.DataFrame:
    """Number the records; 0 is what stands before the first tag."""
    is_tag = pl.col(_TAG).is_not_null()
    ended = (pl.col(_TAG) == pl.lit(grammar.end, pl.String)).fill_null(False).cum_sum().shift(1, fill_value=0)
    marked = lines.with_columns(
        pl.col(LINE).str.extract(grammar.tag, 1).alias(_TAG), (pl.col(LINE).str.strip_chars() != "").alias(_FILLED)
    ).with_columns(
        ((pl.col(_TAG) == grammar.start).fill_null(False) | (is_tag & (is_tag.cum_sum() == 1).over(ended))).alias(
            _OPENS
        ),
        (~pl.col(_FILLED)).cum_sum().alias(_PARAGRAPH),
    )
    opens = pl.col(_OPENS) | _lost_start(grammar)
    return marked.with_columns(opens.cum_sum().alias(RECORD)).drop(_OPENS, _PARAGRAPH)


def _lost_start(grammar: Grammar) -> pl.Expr:
    """A new paragraph that begins with a tag and has a title, below a record that has one already."""
    is_title = pl.col(_TAG).is_in(grammar.fields["title"]).fill_null(False)
    is_first = pl.col(_TAG).is_not_null() & (pl.col(_FILLED).cum_sum().over(_PARAGRAPH) == 1)
    is_untold = (is_title.any() & ~pl.col(_OPENS).any()).over(_PARAGRAPH)
    titles_above = (is_title.cum_sum() - is_title.cast(pl.UInt32)).over(pl.col(_OPENS).cum_sum())
    return is_first & is_untold & (titles_above > 0)


def records(lines: pl.DataFrame, grammar: Grammar) -> pl.DataFrame:
    """One line for every record: its place, its columns, whether it ``is_whole`` and whether all of it is text."""
    closed = (pl.col(_TAG) == grammar.end).any() if grammar.end else pl.lit(True)
    heads = (
        lines.filter(pl.col(_FILLED) | pl.col(BAD))
        .group_by(RECORD, maintain_order=True)
        .agg(
            pl.col(ROW, OFFSET).first(),
            pl.col(BAD).any(),
            is_whole=((pl.col(_TAG) == grammar.start).any() & closed).fill_null(False),
        )
    )
    return heads.join(_columns(lines, grammar), on=RECORD, how="left", maintain_order="left")


def _columns(lines: pl.DataFrame, grammar: Grammar) -> pl.DataFrame:
    column = {tag: name for name, tags in grammar.fields.items() for tag in tags}
    rank = {tag: number for tags in grammar.fields.values() for number, tag in enumerate(tags)}
    text = pl.when(pl.col(_TAG).is_null()).then(LINE).otherwise(pl.col(LINE).str.extract(grammar.tag, 2))
    fields = (
        lines.with_columns(
            text.fill_null("").str.strip_chars().alias(LINE),
            pl.col(_TAG).is_not_null().cum_sum().alias("field"),
            pl.col(_TAG).forward_fill(),
        )
        .filter(pl.col(_TAG).is_in(list(column)))
        .group_by("field", maintain_order=True)
        .agg(pl.col(RECORD, _TAG).first(), _FIELD_TEXT.alias(LINE))
        .drop_nulls(LINE)
        .with_columns(
            pl.col(_TAG).replace_strict(column, return_dtype=pl.String).alias("column"),
            pl.col(_TAG).replace_strict(rank, return_dtype=pl.UInt32).alias("rank"),
        )
        .filter(pl.col("rank") == pl.col("rank").min().over(RECORD, "column"))
    )
    one = [_value(name).alias(name) for name in COLUMNS]
    return fields.group_by(RECORD).agg(one)


def _value(name: str) -> pl.Expr:
    values = pl.col(LINE).filter(pl.col("column") == name)
    if name not in SEPARATORS:
        return values.first()
    return pl.when(values.len() > 0).then(values.str.join(SEPARATORS[name]))


def raw_texts(lines: pl.DataFrame, wanted: pl.DataFrame) -> pl.Series:
    """The own text of every record of ``wanted`` (a frame with ``RECORD``), in its order."""
    texts = lines.join(wanted.select(RECORD), on=RECORD, how="semi").group_by(RECORD).agg(pl.col(LINE).str.join("\n"))
    ordered = wanted.select(RECORD).join(texts, on=RECORD, how="left", maintain_order="left")
    return ordered[LINE].str.strip_chars("\n").alias("raw")
