"""Texts of ``<doc …>`` blocks, which are no XML: what WikiExtractor writes, and LCSTS, Sogou and their like."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.readers.chunk import OFFSET, PLACE, ROW, Chunk, Columns, Reader, ReadOptions, Table, raw_as_json
from pipeline.readers.line_groups import line_groups
from pipeline.readers.text_columns import as_wanted
from pipeline.readers.xml_layout import head_text
from pipeline.sources.encoding import find_encoding
from pipeline.sources.inputs import Input

_ARTICLE = re.compile(r'\s*<doc id="[^"\n]*" (?:revid="[^"\n]*" )?url="[^\n]*" title="[^\n]*">')
_ARTICLE_LINE = r'^<doc id="[^"]*" .*title=".*">\s*$'
_BLOCK = re.compile(r"\s*<doc(?:\s+\w+\s*=\s*[^\"'\s>]+|\s+\w+\s*=\s*\"[^\"\n]*\")*\s*>\s*<([A-Za-z_][\w.-]*)>")
_BLOCK_LINE = r"^\s*<doc(?:\s[^>]*)?>"
_INNER = re.compile(r"<([A-Za-z_][\w.-]*)>")
_SAMPLE_BYTES = 1 << 20
_UNDECODABLE = "a line in no known encoding"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockForm:
    """What a kind of ``<doc>`` block looks like."""

    reader: str
    is_start: str
    """A regular expression for the line with which a block begins."""
    columns: tuple[str, ...]
    fields: Callable[[pl.DataFrame], pl.DataFrame]
    """Adds the columns to blocks with their ``head`` (first line) and ``body`` (all lines), and ``problem``: what is
    wrong with a block, or null."""


def _articles(blocks: pl.DataFrame) -> pl.DataFrame:
    head, body = pl.col("head"), pl.col("body")
    return blocks.with_columns(
        id=head.str.extract(r'^<doc id="([^"]*)"'),
        url=head.str.extract(r' url="([^"]*)"'),
        title=head.str.extract(r' title="(.*)">\s*$'),
        text=body.str.strip_prefix(head).str.strip_chars_end().str.strip_suffix("</doc>").str.strip_chars("\n"),
        problem=pl.lit(None, pl.String),
    )


def _inner_texts(tags: Sequence[str]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    def fields(blocks: pl.DataFrame) -> pl.DataFrame:
        body = pl.col("body")
        texts = {tag: body.str.extract(rf"(?s)<{tag}>(.*?)</{tag}>").str.strip_chars() for tag in tags}
        problems = [
            pl.when(body.str.contains(f"<{tag}>", literal=True) & text.is_null()).then(pl.lit(f"no </{tag}>"))
            for tag, text in texts.items()
        ]
        identity = {"id": pl.col("head").str.extract(r"""\sid\s*=\s*["']?([^"'>\s]+)""")}
        return blocks.with_columns(**{**identity, **texts}, problem=pl.coalesce(*problems, pl.lit(None, pl.String)))

    return fields


def _blocks(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One line a ``<doc>`` block, with ``problem`` where it is not whole, and the lines that belong to none."""
    is_end = pl.col("line").str.strip_chars_end().str.ends_with("</doc>")
    lines = lines.with_columns(is_end=is_end, ended=is_end.cum_sum().over("group"))
    is_inside = (pl.col("group") > 0) & ((pl.col("ended") == 0) | (pl.col("is_end") & (pl.col("ended") == 1)))
    blocks = (
        lines.filter(is_inside)
        .group_by("group", maintain_order=True)
        .agg(
            pl.col(ROW).first(),
            pl.col(OFFSET).first(),
            pl.col("is_undecodable", "is_end").any(),
            head=pl.col("line").first(),
            body=pl.col("line").str.join("\n"),
        )
    )
    strays = lines.filter(~is_inside & ((pl.col("line").str.strip_chars() != "") | pl.col("is_undecodable")))
    return blocks, strays


def _chunk(lines: pl.DataFrame, mixed: int, form: BlockForm, columns: Columns) -> Chunk:
    blocks, strays = _blocks(lines)
    problem = pl.when("is_undecodable").then(pl.lit(_UNDECODABLE)).when(~pl.col("is_end")).then(pl.lit("no </doc>"))
    blocks = form.fields(blocks).with_columns(problem=problem.otherwise("problem"))
    reason = pl.when("is_undecodable").then(pl.lit("undecodable")).otherwise(pl.lit("damaged"))
    broken = blocks.filter(pl.col("problem").is_not_null())
    outside = pl.lit("text outside of <doc> … </doc>")
    frame, mistyped = as_wanted(blocks.filter(pl.col("problem").is_null()), columns, raw_as_json)
    rejected = (
        broken.select(*PLACE, raw="body", reason=reason, detail="problem"),
        strays.select(*PLACE, raw="line", reason=reason, detail=outside),
        mistyped,
    )
    notes = {"mixed_encoding": mixed} if mixed else {}
    return Chunk(frame=frame.select(*PLACE, *columns), rejected=pl.concat(rejected).sort(ROW), notes=notes)


def _table(source: Input, options: ReadOptions, form: BlockForm) -> Table:
    with source.open() as stream:
        encoding = find_encoding(stream, options.encoding, source.name)
    texts = dict.fromkeys(form.columns, pl.String())

    def chunks(wanted: Columns | None, chunk_bytes: int = options.chunk_bytes) -> Iterator[Chunk]:
        for lines, mixed in line_groups(source, encoding, chunk_bytes, pl.col("line").str.contains(form.is_start)):
            yield _chunk(lines, mixed, form, texts if wanted is None else wanted)

    first = next((chunk.frame for chunk in chunks(None, _SAMPLE_BYTES) if chunk.frame.height), None)
    return Table(
        name=source.name,
        reader=form.reader,
        columns=form.columns,
        sample=[] if first is None else first.select(form.columns).head(options.sample_rows).to_dicts(),
        chunks=chunks,
        encoding=encoding,
    )


def _article_tables(source: Input, options: ReadOptions) -> list[Table]:
    columns = ("id", "url", "title", "text")
    form = BlockForm(reader=WIKIEXTRACTOR.name, is_start=_ARTICLE_LINE, columns=columns, fields=_articles)
    return [_table(source, options, form)]


def _block_tables(source: Input, options: ReadOptions) -> list[Table]:
    with source.open() as stream:
        encoding = find_encoding(stream, options.encoding, source.name)
    text = source.head(_SAMPLE_BYTES).decode(encoding, errors="replace")
    tags = [tag for tag in dict.fromkeys(_INNER.findall(text)) if tag != "doc" and f"</{tag}>" in text]
    columns = tuple(dict.fromkeys(("id", *tags)))
    form = BlockForm(reader=PSEUDO_XML.name, is_start=_BLOCK_LINE, columns=columns, fields=_inner_texts(tags))
    return [_table(source, options, form)]


def _is_article(_: Input, head: bytes) -> bool:
    return _ARTICLE.match(head_text(head)) is not None


def _is_block(_: Input, head: bytes) -> bool:
    return _BLOCK.match(head_text(head)) is not None


WIKIEXTRACTOR = Reader(name="wikiextractor", suffixes=(), recognises=_is_article, tables=_article_tables)
PSEUDO_XML = Reader(name="pseudo-xml", suffixes=(".txt",), recognises=_is_block, tables=_block_tables)
