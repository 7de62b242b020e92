"""JSON in whatever layout: lines, an array, arrays of arrays, one object, an array inside an object."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.readers.chunk import Chunk, Columns, Reader, ReadOptions, Row, Table
from pipeline.readers.json_array import Layout, Position, array_chunks
from pipeline.readers.json_lines import line_chunks, wanted
from pipeline.readers.json_values import flat_rows, seen_columns
from pipeline.sources.encoding import find_encoding, line_blocks, text_blocks
from pipeline.sources.inputs import Input

_SAMPLE_BYTES = 1 << 20
_COMMENTS = re.compile(r"(?:\s*//[^\n]*\n)*\s*")
_WRAPPERS = (
    "data",
    "items",
    "records",
    "results",
    "rows",
    "documents",
    "docs",
    "list",
    "articles",
    "patents",
    "papers",
)
_WRAPPED = re.compile(rf'"({"|".join(_WRAPPERS)})"\s*:\s*(?=\[)', re.IGNORECASE)
_LINES_SAMPLED = 50
_BETWEEN = re.compile(r"(?:[\s,]|//[^\n]*\n)*")


@dataclass(frozen=True, slots=True)
class _Found:
    """What the first mebibyte says about the file."""

    kind: str
    """``lines``, ``line_array``, ``array`` or ``objects``."""
    rows: list[Row]
    rows_are_objects: bool
    layout: Layout
    skip: int
    """Characters before the first element, where elements are not one a line."""
    wrapper: str = ""


def _recognises(source: Input, head: bytes) -> bool:
    text = _decode(head, source.name)
    start = _COMMENTS.match(text)
    body = text[start.end() :] if start else text
    if body.startswith("{"):
        return bool(re.match(r'\{\s*(?:"|\}|$)', body))
    if body.startswith("["):
        return bool(re.match(r'\[\s*(?:[\[{"\]\d-]|//|$)', body))
    lines = [line for line in body.splitlines()[:20] if line.strip()]
    return len(lines) > 1 and sum(line.lstrip().startswith('{"') for line in lines) * 2 > len(lines)


def _decode(head: bytes, name: str, forced: str | None = None) -> str:
    encoding = find_encoding(io.BytesIO(head), forced, name)
    return head.decode(encoding, errors="replace").removeprefix("\ufeff")


def _tables(source: Input, options: ReadOptions) -> list[Table]:
    with source.open() as stream:
        encoding = find_encoding(stream, options.encoding, source.name)
    head = source.head(_SAMPLE_BYTES)
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff")
    found = _look(text, whole=len(head) < _SAMPLE_BYTES, limit=options.sample_rows)

    def chunks(columns: Columns | None) -> Iterator[Chunk]:
        return _chunks(source, options, encoding, found, columns)

    facts = {"layout": _LAYOUTS[found.kind]}
    if found.wrapper:
        facts["rows from"] = found.wrapper
    return [
        Table(
            name=source.name,
            reader="json",
            columns=seen_columns(found.rows),
            sample=found.rows,
            chunks=chunks,
            encoding=encoding.removesuffix("-sig"),
            facts=facts,
        )
    ]


_LAYOUTS = {
    "lines": "JSON Lines",
    "line_array": "array, one element a line",
    "array": "array",
    "objects": "one object, or several one after the other",
}


def _look(text: str, *, whole: bool, limit: int) -> _Found:
    start = _COMMENTS.match(text)
    body = text[start.end() :] if start else text
    lines = [line.strip() for line in body.splitlines()]
    lines = [line for line in (lines if whole else lines[:-1]) if line and not line.startswith("//")]
    if _one_a_line(lines, in_array=body.startswith("[")):
        rows, simple, alone = _sample_lines(lines, limit)
        if alone:
            in_array = body.startswith("[") or lines[0].endswith(",")
            return _Found("line_array" if in_array else "lines", rows, simple, Layout(()), 0)
    wrapped = _WRAPPED.search(body[: 1 << 16]) if body.startswith("{") and not _is_record(body) else None
    inside = wrapped.end() + 1 if wrapped else body.startswith("[")
    rows, simple, keys = _sample_elements(body[inside:], limit)
    kind = "array" if inside else "objects"
    layout = Layout(keys, wrapped=wrapped is not None)
    skip = len(text) - len(body) + inside
    return _Found(kind, rows, simple, layout, skip, f"{wrapped[1]}[]" if wrapped else "")


def _is_record(body: str) -> bool:
    """An object closed on its line in which no wrapper holds a list, be it inside another object, is a record."""
    first = body.split("\n", 1)[0].strip()
    try:
        value = json.loads(first)
    except ValueError:
        return False
    return isinstance(value, dict) and not _wraps(value)


def _wraps(value: dict[str, object]) -> bool:
    return any(
        (key.lower() in _WRAPPERS and isinstance(inner, list) and bool(inner))
        or (isinstance(inner, dict) and _wraps(inner))
        for key, inner in value.items()
    )


def _one_a_line(lines: list[str], *, in_array: bool) -> bool:
    """Whether most lines are an element each, once the brackets of an array and its commas are taken off."""
    sampled = [line for line in lines[:_LINES_SAMPLED] if line not in ("[", "]", "],", ",")]
    whole = sum(_is_element(line, in_array=in_array) for line in sampled)
    if not whole or (len(sampled) == 1 and in_array):
        return False
    return whole * 2 > len(sampled) and not (len(lines) == 1 and _WRAPPED.search(lines[0]))


def _is_element(line: str, *, in_array: bool) -> bool:
    text = line.rstrip(",")
    candidates = [text]
    if in_array:
        candidates += [text.removeprefix("["), text.removesuffix("]")]
    return any(_is_container(candidate) for candidate in candidates)


def _is_container(text: str) -> bool:
    try:
        return isinstance(json.loads(text, strict=False), (dict, list))
    except (ValueError, RecursionError):
        return False


def _sample_lines(lines: list[str], limit: int) -> tuple[list[Row], bool, bool]:
    """The rows, whether all lines are objects, and whether none holds several."""
    values: list[Row] = []
    simple = alone = True
    for line in lines[:limit]:
        for candidate in (line.rstrip(","), line.rstrip(",").removeprefix("["), line.removesuffix("]")):
            try:
                value = json.loads(candidate, strict=False)
            except (ValueError, RecursionError):
                continue
            simple = simple and isinstance(value, dict)
            found = list(flat_rows(value))
            alone = alone and len(found) < 2
            values.extend(found)
            break
    return values, simple, alone


def _sample_elements(body: str, limit: int) -> tuple[list[Row], bool, tuple[str, ...]]:
    """The first elements, whether all of them are objects, and the keys that they begin with."""
    decoder = json.JSONDecoder(strict=False)
    rows: list[Row] = []
    simple, position = True, 0
    keys: dict[str, None] = {}
    while len(rows) < limit:
        between = _BETWEEN.match(body, position)
        position = between.end() if between else position
        try:
            value, position = decoder.raw_decode(body, position)
        except (ValueError, RecursionError):
            break
        simple = simple and isinstance(value, dict)
        found = list(flat_rows(value))
        rows.extend(found)
        keys.update(dict.fromkeys(next(iter(row)) for row in found if row and isinstance(value, (dict, list))))
    return rows, simple, tuple(key for key in keys if not key.isdigit())


def _chunks(
    source: Input, options: ReadOptions, encoding: str, found: _Found, columns: Columns | None
) -> Iterator[Chunk]:
    with source.open() as stream:
        if found.kind in ("lines", "line_array"):
            want = wanted(columns, found.rows, found.rows_are_objects, found.kind == "line_array")
            yield from line_chunks(line_blocks(stream, encoding, options.chunk_bytes), want)
            return
        want = wanted(columns, found.rows, found.rows_are_objects, in_array=False)
        blocks = text_blocks(stream, encoding, options.chunk_bytes)
        first = next(blocks, b"").decode("utf-8", "surrogateescape")
        known = encoding in ("utf-8", "utf-8-sig")
        skipped = len(first[: found.skip].encode("utf-8", "surrogateescape"))
        bom = 3 if encoding == "utf-8-sig" else 0
        at = Position(row=1, offset=skipped + bom if known else None)
        yield from array_chunks(_joined(first[found.skip :], blocks), want, found.layout, at)


def _joined(first: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield first.encode("utf-8", "surrogateescape")
    yield from blocks


JSON = Reader(name="json", suffixes=(".json", ".jsonl", ".ndjson"), recognises=_recognises, tables=_tables)
