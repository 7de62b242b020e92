"""JSON, one element a line: JSON Lines, and arrays that were written one element a line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.readers.chunk import OFFSET, ROW, Chunk, Columns, Row
from pipeline.readers.json_parse import arrow_schema, parse_objects
from pipeline.readers.json_values import Gathered
from pipeline.readers.lines import Lines, find_lines
from pipeline.sources.encoding import LineBlock

_PIECES = 8
_LEAF_LINES = 64
_BRACKETS = frozenset((b"[", b"]", b",", b"],", b"[]"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for in every line."""

    columns: Columns | None
    schema: pa.Schema | None
    """Types for parsing many lines at once; null where every line is parsed by itself."""
    in_array: bool
    """Lines belong to an array: they may open it, close it and end with a comma."""


def wanted(columns: Columns | None, sample: Sequence[Row], rows_are_objects: bool, in_array: bool) -> Wanted:
    """What to look for, given the sampled rows and whether each of them is an element of its own."""
    together = columns and rows_are_objects and not any(isinstance(dtype, pl.Object) for dtype in columns.values())
    return Wanted(columns, arrow_schema(columns, list(sample)) if columns and together else None, in_array)


def line_chunks(blocks: Iterator[LineBlock], want: Wanted) -> Iterator[Chunk]:
    """A chunk for every block of lines."""
    for block in blocks:
        lines = find_lines(block, _BRACKETS if want.in_array else frozenset())
        whole = _parsed(lines, want)
        yield _careful_chunk(lines, want) if whole is None else _whole_chunk(lines, whole, want)


def _parsed(lines: Lines, want: Wanted) -> pl.DataFrame | None:
    """All lines as one frame, or None if any of them is not plainly an object of the wanted types."""
    if want.schema is None or want.columns is None or lines.has_undecodable:
        return None
    expected = len(lines.filled)
    data = _without_brackets(lines.data) if want.in_array else lines.data
    frame = parse_objects(data, want.schema, want.columns) if expected else None
    return frame if frame is not None and frame.height == expected else None


def _without_brackets(data: bytes) -> bytes:
    """Element after element: a line feed cannot stand inside a JSON string, so a comma before one is structure."""
    bare = data.replace(b",\r\n", b"\n").replace(b",\n", b"\n").strip().removeprefix(b"[")
    return bare if bare.endswith(b"}") else bare.removesuffix(b"]").rstrip().removesuffix(b",")


def _whole_chunk(lines: Lines, frame: pl.DataFrame, want: Wanted) -> Chunk:
    blank = lines.blank
    mixed = lines.block.mixed_lines
    return Chunk(
        frame=lines.placed(frame),
        not_a_record={"empty_row": blank} if blank else {},
        notes={"mixed_encoding": mixed} if mixed else {},
        raw=lambda part: pl.Series("raw", _raw_lines(lines, part, want), dtype=pl.String),
    )


def _raw_lines(lines: Lines, part: pl.DataFrame, want: Wanted) -> list[str]:
    numbers = part[ROW].to_numpy().astype(np.int64) - lines.block.first_line
    texts = [lines.line(number).decode() for number in numbers]
    return [_element(text).rstrip(",") if want.in_array else text.strip() for text in texts]


def _careful_chunk(lines: Lines, want: Wanted) -> Chunk:
    """Divide again and again what does not parse as a whole, and read line by line only what is left."""
    gathered = Gathered(columns=want.columns)
    if lines.block.mixed_lines:
        gathered.notes["mixed_encoding"] = lines.block.mixed_lines
    frames = [*_divide(lines, want, gathered), gathered.frame()]
    raws = dict(zip(gathered.places, gathered.raws, strict=True))
    return Chunk(
        frame=pl.concat(frames, how="vertical").sort(ROW, maintain_order=True),
        rejected=gathered.rejected_frame(),
        not_a_record=gathered.not_a_record,
        notes=gathered.notes,
        raw=lambda part: pl.Series(
            "raw",
            [raws.get(place, line) for place, line in zip(_places(part), _raw_lines(lines, part, want), strict=True)],
            dtype=pl.String,
        ),
    )


def _places(part: pl.DataFrame) -> list[tuple[int, int | None]]:
    return part.select(ROW, OFFSET).rows()


def _divide(lines: Lines, want: Wanted, gathered: Gathered) -> Iterator[pl.DataFrame]:
    if want.schema is None or lines.last - lines.first <= _LEAF_LINES:
        _read_one_by_one(lines, want, gathered)
        return
    edges = np.linspace(lines.first, lines.last, _PIECES + 1).astype(int)
    for start, end in pairwise(edges):
        part = lines.part(start, end)
        frame = _parsed(part, want)
        if frame is None:
            yield from _divide(part, want, gathered)
            continue
        yield part.placed(frame)
        for _ in range(part.blank):
            gathered.skip("empty_row")


def _read_one_by_one(lines: Lines, want: Wanted, gathered: Gathered) -> None:
    for _ in range(lines.blank):
        gathered.skip("empty_row")
    for number in lines.filled.tolist():
        row, offset = lines.place(number)
        bad = lines.block.undecodable.get(row)
        if bad is not None:
            gathered.reject(row, offset, bad.decode("utf-8", "backslashreplace"), "undecodable", _bad_byte(bad))
        else:
            line = lines.line(number).decode()
            gathered.add(row, offset, _element(line) if want.in_array else line)


def _element(line: str) -> str:
    """The bracket that opens or closes the array may stand on the line of its first or last element."""
    text = line.strip().rstrip(",")
    if text.startswith("[{") and not text.endswith("]"):
        return text[1:]
    return text[:-1] if text.endswith("}]") and not text.startswith("[") else text


def _bad_byte(line: bytes) -> str:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1} of the line is 0x{line[error.start]:02x}, neither UTF-8 nor GB18030"
    return ""
