"""Checks a file of JSON Lines against the declared schema, in blocks; only what fails is looked at line by line."""

import codecs
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.json as pj

from pipeline.check_line import FIELDS, VISIBLE, Problem, check_line
from pipeline.sources.beginning import beginning
from schemas.errors import FormatError, SourceError
from schemas.records import Shape

BLOCK_BYTES = 4 << 20
PIECE_BYTES = 1 << 15
MAX_LINE_BYTES = 64 << 20
INPUTS: Mapping[str, pl.DataType] = {"line": pl.UInt64(), "input": pl.UInt64()}
_LINE = pl.col("line").cast(pl.UInt64)
_TURNS = pl.col("history").list.eval(pl.element().list.join("\x1f")).list.join("\x1e")
_INPUT: Mapping[Shape, Mapping[str, pl.Expr]] = {
    "pair": {"line": _LINE, "input": pl.col("content").hash()},
    "chat": {"line": _LINE, "input": pl.concat_str(_TURNS, pl.col("prompt"), separator="\x1e").hash()},
}
_HISTORY = pa.list_(pa.list_(pa.string()))
_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Some lines of a file."""

    problems: Sequence[Problem] = ()
    records: int = 0
    """Lines that are not blank."""
    inputs: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=INPUTS))
    """For every good record its ``line`` and a hash of what a model is asked: the prompt behind its history."""


def find_shape(path: Path) -> Shape:
    """The shape by the first names in a file. Raises SourceError or FormatError where there is none."""
    with open_file(path) as stream:
        head = stream.read(BLOCK_BYTES)
    found = {
        shape: min((at for name in names[:2] if (at := head.find(f'"{name}"'.encode())) >= 0), default=None)
        for shape, names in FIELDS.items()
    }
    known: dict[Shape, int] = {shape: at for shape, at in found.items() if at is not None}
    if known:
        return min(known, key=lambda shape: known[shape])
    if head.startswith((*_WIDE_BOMS, b"[")) or not head.strip():
        return "pair"  # said by the check itself
    raise FormatError(
        f"{path}: no records: it begins with {beginning(head)}; expected JSON Lines with content and summary, or "
        "with prompt, response and history; make such a file with prep convert"
    )


def open_file(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}; expected a dataset folder or a file") from None


def check_file(path: Path, shape: Shape) -> Iterator[Checked]:
    """Everything in a file, block by block."""
    with open_file(path) as stream:
        head = stream.read(4)
        stream.seek(0)
        if head.startswith(_WIDE_BOMS):
            yield _stop(1, "not_utf8", "UTF-16; expected UTF-8")
            return
        if head.startswith(codecs.BOM_UTF8):
            stream.seek(3)
            yield _stop(1, "bom", "a byte order mark (BOM); expected plain UTF-8")
        number = 1
        for block in _blocks(stream):
            if number == 1 and block.lstrip()[:1] == b"[":
                yield _stop(1, "array", "a JSON array; expected one JSON object a line")
                return
            if len(block) > MAX_LINE_BYTES and b"\n" not in block:
                yield _stop(number, "broken_line", f"a line of more than {MAX_LINE_BYTES >> 20} MiB")
                return
            yield from _check(block, number, shape)
            number += block.count(b"\n")


def _stop(line: int, kind: str, what: str) -> Checked:
    return Checked(problems=[Problem(kind=kind, line=line, field=None, what=what)])


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while data := stream.read(BLOCK_BYTES):
        end = data.rfind(b"\n") + 1
        if not end and len(rest) <= MAX_LINE_BYTES:
            rest += data
            continue
        yield rest + data[:end]
        rest = data[end:]
    if rest:
        yield rest


def _check(block: bytes, first_line: int, shape: Shape) -> Iterator[Checked]:
    """A block as a whole, else its halves, and so on down to pieces that are looked at line by line."""
    frame = _parsed(block, shape)
    if frame is not None:
        is_suspect = frame.select(_is_suspect(shape)).to_series()
        suspects = is_suspect.arg_true().to_list()
        rows = block.split(b"\n") if suspects else []
        problems = [problem for at in suspects for problem in check_line(rows[at], first_line + at, shape)]
        inputs = frame.with_row_index("line", first_line).filter(~is_suspect).select(**_INPUT[shape])
        yield Checked(problems=problems, records=frame.height, inputs=inputs)
    elif len(block) > PIECE_BYTES and (middle := block.find(b"\n", len(block) // 2) + 1) not in (0, len(block)):
        yield from _check(block[:middle], first_line, shape)
        yield from _check(block[middle:], first_line + block.count(b"\n", 0, middle), shape)
    else:
        for number, row in enumerate(block.removesuffix(b"\n").split(b"\n"), start=first_line):
            wrong = check_line(row, number, shape)
            good = None if wrong else _parsed(row, shape)
            inputs = Checked().inputs if good is None else good.with_row_index("line", number).select(**_INPUT[shape])
            yield Checked(problems=wrong, records=bool(row.strip()), inputs=inputs)


def _parsed(block: bytes, shape: Shape) -> pl.DataFrame | None:
    """One row a line, or null where a line is anything but one object of the right fields and types."""
    text = block.removesuffix(b"\n").replace(b"\r\n", b"\n").removesuffix(b"\r")
    lines = text.count(b"\n") + 1
    if not text.startswith(b"{") or not text.endswith(b"}") or text.count(b"}\n{") != lines - 1:
        return None
    schema = pa.schema([(name, _HISTORY if name == "history" else pa.string()) for name in FIELDS[shape]])
    parsing = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    try:
        table = pj.read_json(io.BytesIO(text), pj.ReadOptions(False, len(text) + 1), parsing)
        table.validate(full=True)
    except pa.ArrowInvalid:
        return None
    frame = pl.from_arrow(table)
    return frame if isinstance(frame, pl.DataFrame) and frame.height == lines else None


def _is_suspect(shape: Shape) -> pl.Expr:
    sides, history = FIELDS[shape][:2], FIELDS[shape][2:]
    empty = [~pl.col(side).str.contains(VISIBLE).fill_null(False) for side in sides]
    item = pl.element()
    is_bad = item.is_null() | (item.list.len() != 2) | item.list.eval(pl.element().is_null()).list.any()
    bad = [pl.col(name).is_null() | pl.col(name).list.eval(is_bad).list.any() for name in history]
    return pl.any_horizontal(*empty, *bad)
