"""Rows out of the elements of records, and chunks out of rows: what all readers of XML share."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import polars as pl

from pipeline.readers.chunk import (
    OFFSET,
    PLACE,
    REJECTED,
    ROW,
    Chunk,
    Columns,
    ReadOptions,
    Table,
    raw_as_json,
)
from pipeline.readers.text_columns import as_wanted
from pipeline.readers.xml_layout import INLINE, Layout, is_mixed, local_name
from pipeline.readers.xml_records import Record, as_text, records
from pipeline.readers.xml_split import fragments
from pipeline.sources.inputs import Input

if TYPE_CHECKING:
    from lxml.etree import _Element

Path = tuple[str, ...]
_BREAKS = ("{*}br", "{*}BR", "{*}Br")
_BLOCKS = ("{*}p", "{*}P", "{*}para", "{*}paragraph", "{*}Paragraphs")
_EDGES = re.compile(r"[ \t]*\n\s*")


def text_of(element: "_Element") -> str:
    """All text in an element, inline tags left out; ``<br/>`` and the edges of paragraphs become line feeds.

    The whitespace of a text without inner tags is kept as it is. The element is changed.
    """
    if not len(element):
        return element.text or ""
    for line_break in element.iter(*_BREAKS):
        line_break.text = "" if (line_break.tail or "").startswith("\n") else "\n"
    paragraphs = list(element.iterdescendants(*_BLOCKS))
    for paragraph in paragraphs:
        paragraph.text = "\n" + (paragraph.text or "")
        paragraph.tail = "\n" + (paragraph.tail or "")
    text = "".join(str(part) for part in element.itertext())
    return _EDGES.sub("\n", text).strip() if paragraphs else text


class ColumnNames(dict[Path, str]):
    """Names of the columns of records that nobody described: local names, with the parent's where one is taken."""

    def __missing__(self, path: Path) -> str:
        taken = set(self.values())
        candidates = (".".join(path[start:]) for start in range(len(path) - 1, -1, -1))
        self[path] = next((name for name in candidates if name not in taken), "/".join(path))
        return self[path]


def leaves(element: "_Element") -> Iterator[tuple[Path, str]]:
    """The texts of a record with the names that lead to them, and the attributes where they stand for texts."""
    yield from (((local_name(str(name)),), str(value)) for name, value in element.attrib.items())
    if is_mixed(element):
        yield (local_name(str(element.tag)),), text_of(element) if _is_leaf(element) else _direct_text(element)
        if _is_leaf(element):
            return
    stack = _children(element, ())
    while stack:
        path, node = stack.pop()
        if not _is_leaf(node):
            stack.extend(_children(node, path))
            continue
        named = node.get("name")
        yield ((*path[:-1], named) if named else path), text_of(node)
        if not len(node) and not node.text:
            yield from (((*path, str(name)), str(value)) for name, value in node.attrib.items() if name != "name")


def _children(element: "_Element", path: Path) -> "list[tuple[Path, _Element]]":
    """Last child first: the order of a stack."""
    children = ((child, child.tag) for child in reversed(element))
    return [((*path, local_name(tag)), child) for child, tag in children if isinstance(tag, str)]


def _is_leaf(element: "_Element") -> bool:
    if not len(element):
        return True
    names = [local_name(child.tag).lower() for child in element if isinstance(child.tag, str)]
    return all(name in INLINE for name in names) or (is_mixed(element) and element.getparent() is not None)


def _direct_text(element: "_Element") -> str:
    parts = [element.text, *(child.tail for child in element)]
    return "\n".join(part.strip() for part in parts if part and part.strip())


def described_row(element: "_Element", names: ColumnNames) -> dict[str, str | None]:
    """Repeated leaves are joined by line feeds."""
    row: dict[str, str | None] = {}
    for path, value in leaves(element):
        name = names[path]
        earlier = row.get(name)
        row[name] = value if earlier is None else f"{earlier}\n{value}"
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordForm:
    """How one source's records become rows."""

    reader: str
    layout: Layout
    row_of: Callable[["_Element"], Mapping[str, str | None]]
    facts: Mapping[str, str]


def table(source: Input, options: ReadOptions, form: RecordForm) -> Table:
    with source.open() as stream:
        found = islice(records(fragments(stream, form.layout), form.layout), options.sample_rows)
        sample = [form.row_of(record.element) for record in found if record.element is not None]
    columns = tuple(dict.fromkeys(name for row in sample for name in row))

    def chunks(wanted: Columns | None) -> Iterator[Chunk]:
        with source.open() as stream:
            for batch in _batches(records(fragments(stream, form.layout), form.layout), form, options.chunk_bytes):
                names = (*columns, *(name for row in batch.rows for name in row if name not in PLACE))
                yield _chunk(batch, dict.fromkeys(names, pl.String()) if wanted is None else wanted)

    return Table(
        name=source.name,
        reader=form.reader,
        columns=columns,
        sample=sample,
        chunks=chunks,
        encoding=form.layout.encoding,
        facts=form.facts,
    )


@dataclass(slots=True)
class _Batch:
    """The rows of one chunk, while they are read."""

    rows: list[Mapping[str, object]] = field(default_factory=list)
    rejected: list[Mapping[str, object]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)


def _batches(found: Iterable[Record], form: RecordForm, chunk_bytes: int) -> Iterator[_Batch]:
    batch, number, size = _Batch(), 0, 0
    for record in found:
        batch.notes.update(record.notes)
        if record.fragment.kind == "other":
            batch.notes["other_elements"] += 1
            continue
        number += 1
        place = {ROW: number, OFFSET: record.fragment.offset}
        if record.element is None:
            raw = as_text(record.fragment.data, form.layout.encoding)[0]
            batch.rejected.append({**place, "raw": raw, "reason": record.reason, "detail": record.fragment.detail})
        else:
            batch.rows.append({**place, **form.row_of(record.element)})
        size += len(record.fragment.data)
        if size > chunk_bytes:
            yield batch
            batch, size = _Batch(), 0
    if batch.rows or batch.rejected or batch.notes:
        yield batch


def _chunk(batch: _Batch, schema: Columns) -> Chunk:
    present = {name for row in batch.rows for name in row}
    types = {**PLACE, **{name: pl.String() for name in schema if name in present}}
    texts = pl.DataFrame({name: [row.get(name) for row in batch.rows] for name in types}, schema=types)
    frame, mistyped = as_wanted(texts, schema, raw_as_json)
    rejected = pl.DataFrame(batch.rejected, schema=dict(REJECTED), orient="row")
    return Chunk(
        frame=frame.select(*PLACE, *schema), rejected=pl.concat([rejected, mistyped]).sort(ROW), notes=dict(batch.notes)
    )
