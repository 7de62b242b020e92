"""BibTeX files: one entry a row, with accents and macros of LaTeX as the characters that they stand for."""

import io
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import polars as pl

from pipeline.readers.chunk import REJECTED, Chunk, Columns, Reader, ReadOptions, Table
from pipeline.readers.citation_records import BAD, LINE, LINES, line_frame, sample_rows
from pipeline.readers.citation_tags import COLUMNS
from pipeline.readers.text_columns import as_wanted
from pipeline.sources.encoding import find_encoding, line_blocks
from pipeline.sources.inputs import Input
from schemas.places import OFFSET, PLACE, ROW

_BLOCK_BYTES = 1 << 20
_ENTRY = re.compile(r"^[ \t]*@[A-Za-z]+[ \t]*[{(][^,={}\n]*,", re.MULTILINE)
_TITLE = re.compile(r"^[ \t]*(?:book)?title[ \t]*=|,[ \t]*title[ \t]*=", re.MULTILINE | re.IGNORECASE)
_LATEX = re.compile(r"\\[^%&_#]|[$~]|--|``|''")
_ESCAPED = re.compile(r"\\([%&_#])")
_BARE_PERCENT = re.compile(r"(?<!\\)%")
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "title": ("title",),
    "abstract": ("abstract",),
    "keywords": ("keywords", "keyword"),
    "author": ("author",),
    "journal": ("journal", "journaltitle", "booktitle", "school"),
    "year": ("year", "date"),
    "type": ("ENTRYTYPE",),
    "language": ("language", "langid"),
    "number": ("number", "issue"),
}


@dataclass(slots=True)
class _Read:
    """What a piece of a file holds."""

    places: list[tuple[int, int | None]] = field(default_factory=list)
    rows: list[dict[str, str | None]] = field(default_factory=list)
    raws: list[str] = field(default_factory=list)
    rejected: list[tuple[int, int | None, str, str, str]] = field(default_factory=list)
    comments: int = 0


def _recognises(_source: Input, head: bytes) -> bool:
    text = head.decode(find_encoding(io.BytesIO(head)), "replace")
    return _ENTRY.search(text) is not None and _TITLE.search(text) is not None


def _tables(source: Input, options: ReadOptions) -> list[Table]:
    with source.open() as stream:
        encoding = find_encoding(stream, options.encoding, source.name)
    chunks = partial(_chunks, source, encoding, min(options.chunk_bytes, _BLOCK_BYTES))
    table = Table(
        name=source.name,
        reader="bibtex",
        columns=COLUMNS,
        sample=sample_rows(chunks(None), options.sample_rows),
        chunks=chunks,
        encoding=encoding.removesuffix("-sig"),
    )
    return [table]


def _chunks(source: Input, encoding: str, block_bytes: int, columns: Columns | None) -> Iterator[Chunk]:
    """Blocks are cut where a line begins an entry; ``@string`` definitions hold for all that follows them."""
    strings: dict[str, str] = {}
    waiting = pl.DataFrame(schema=LINES)
    with source.open() as stream:
        for block in line_blocks(stream, encoding, block_bytes):
            lines = waiting.vstack(line_frame(block))
            starts = lines[LINE].str.contains(r"^\s*@\w+\s*[{(]").arg_true()
            end = starts[-1] if len(starts) else 0
            waiting = lines[end:]
            if end:
                yield _chunk(_read(lines[:end], strings), columns, block.mixed_lines)
    if waiting.height:
        yield _chunk(_read(waiting, strings), columns, 0)


def _read(lines: pl.DataFrame, strings: dict[str, str]) -> _Read:
    from bibtexparser import model
    from bibtexparser.entrypoint import parse_string

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # what it warns of stands in the ledger
    blocks = parse_string("\n".join(lines[LINE]), parse_stack=[]).blocks
    strings.update({block.key.lower(): _bare(block.value, {}) for block in blocks if isinstance(block, model.String)})
    read = _Read()
    places = lines.select(ROW, OFFSET).rows()
    undecodable = set(lines[BAD].arg_true())
    for block in blocks:
        start, raw = block.start_line or 0, block.raw or ""
        entry = getattr(block, "ignore_error_block", None) or block  # a key or a field given twice
        if undecodable.intersection(range(start, start + raw.count("\n") + 1)):
            read.rejected.append((*places[start], raw, "undecodable", "a line of it is text in no known encoding"))
        elif isinstance(entry, model.Entry):
            read.places.append(places[start])
            read.rows.append(_row(entry, strings))
            read.raws.append(raw)
        elif isinstance(block, model.ParsingFailedBlock):
            found = getattr(block.error, "abort_reason", str(block.error))
            read.rejected.append((*places[start], raw, "damaged", " ".join(found.split())))
        else:
            read.comments += 1
    return read


def _row(entry: Any, strings: Mapping[str, str]) -> dict[str, str | None]:
    values: dict[str, str] = {"ENTRYTYPE": entry.entry_type}
    for each in entry.fields:
        values.setdefault(each.key.lower(), _plain(_bare(each.value, strings)))
    row = {name: next((values[key] for key in keys if values.get(key)), None) for name, keys in _FIELDS.items()}
    if row["author"]:
        row["author"] = re.sub(r"\s+and\s+", "; ", row["author"])
    return row


def _bare(value: str, strings: Mapping[str, str]) -> str:
    """A value without its braces or quotes; a bare word is the name of a ``@string``."""
    if value[:1] + value[-1:] in ("{}", '""') and len(value) > 1:
        return value[1:-1].strip()
    return strings.get(value.lower(), value)


def _plain(value: str) -> str:
    if not _LATEX.search(value):  # nearly every Chinese value: a hundred times as fast
        return _ESCAPED.sub(r"\1", value).replace("{", "").replace("}", "")
    return _latex_decoder()(_BARE_PERCENT.sub(r"\\%", value)).strip()


@cache
def _latex_decoder() -> Callable[[str], str]:
    """Formulas stay as they are, and so do macros that are not known: ``C:\\new`` is text."""
    from pylatexenc import latex2text  # type: ignore[import-untyped]

    context = latex2text.get_default_latex_context_db()
    context.set_unknown_macro_spec(latex2text.MacroTextSpec("", simplify_repl=lambda node: node.latex_verbatim()))
    decoder = latex2text.LatexNodes2Text(latex_context=context, math_mode="verbatim")
    return decoder.latex_to_text  # type: ignore[no-any-return]


def _chunk(read: _Read, columns: Columns | None, mixed_lines: int) -> Chunk:
    frame = pl.DataFrame(read.places, schema=dict(PLACE), orient="row").hstack(
        pl.DataFrame(read.rows, schema=dict.fromkeys(COLUMNS, pl.String))
    )
    raws = (
        frame.select(ROW, pl.Series("raw", read.raws, dtype=pl.String)).group_by(ROW).agg(pl.col("raw").str.join("\n"))
    )

    def raw(part: pl.DataFrame) -> pl.Series:
        return part.select(ROW).join(raws, on=ROW, how="left", maintain_order="left")["raw"]

    wanted, mistyped = as_wanted(frame, columns, raw)
    return Chunk(
        frame=wanted.select(ROW, OFFSET, *(COLUMNS if columns is None else columns)),
        rejected=mistyped.vstack(pl.DataFrame(read.rejected, schema=dict(REJECTED), orient="row")).sort(ROW),
        not_a_record={"comment": read.comments} if read.comments else {},
        notes={"mixed_encoding": mixed_lines} if mixed_lines else {},
        raw=raw,
    )


BIBTEX = Reader(name="bibtex", suffixes=(".bib",), recognises=_recognises, tables=_tables)
