"""JSON whose elements are not one a line: arrays on one line or printed prettily, and objects one after the other."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pipeline.readers.chunk import OFFSET, PLACE, ROW, Chunk
from pipeline.readers.json_lines import Wanted
from pipeline.readers.json_parse import parse_objects
from pipeline.readers.json_scan import Scan, between, one_a_line, scan_elements
from pipeline.readers.json_values import Gathered
from pipeline.sources.encoding import is_utf8

_MAX_ELEMENT = 64 << 20
_SEPARATORS = re.compile(r"[\s,\]]*")
_STRICT, _LENIENT = json.JSONDecoder(), json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class Layout:
    """What the sample told of the elements."""

    first_keys: tuple[str, ...]
    """Keys with which elements begin: by them the next whole element is found behind a damaged one."""
    wrapped: bool = False
    """The array is a value inside an object; what follows it is not data."""

    @property
    def restart(self) -> re.Pattern[str]:
        keys = "|".join(re.escape(json.dumps(key, ensure_ascii=False)) for key in self.first_keys)
        return re.compile(rf"(?<=[\s,\[])(?:\[\s*)?\{{\s*(?:{keys})\s*:") if keys else re.compile(r"(?<=[\n,])\s*[\[{]")


@dataclass(slots=True)
class Position:
    """How far a source has been read."""

    row: int = 1
    offset: int | None = None

    def advance(self, rows: int, size: int) -> None:
        self.row += rows
        self.offset = None if self.offset is None else self.offset + size


def array_chunks(blocks: Iterator[bytes], want: Wanted, layout: Layout, at: Position) -> Iterator[Chunk]:
    """A chunk for every block; ``blocks`` start behind the bracket that opens the array."""
    rest = b""
    for block in blocks:
        rest += block
        while rest:
            chunk, used, done = _next(rest, want, layout, at, final=False)
            if chunk is not None:
                yield chunk
            rest = rest[used:]
            if done:
                return
            if not used:
                break
    while rest:
        chunk, used, done = _next(rest, want, layout, at, final=True)
        if chunk is not None:
            yield chunk
        rest = b"" if done else rest[used:]


def _next(data: bytes, want: Wanted, layout: Layout, at: Position, *, final: bool) -> tuple[Chunk | None, int, bool]:
    """The chunk of the elements that are complete, the bytes used up, and whether the array ended."""
    scan = scan_elements(data)
    frame = _parsed(data, scan, want)
    if frame is not None:
        used = int(scan.ends[-1])
        chunk = _whole_chunk(data, scan, frame, at)
        at.advance(len(scan.starts), used)
        return chunk, used, False
    if scan.closed_at is not None and not len(scan.starts) and not data[: scan.closed_at].strip(b" \t\r\n,"):
        return None, _behind(data, scan.closed_at + 1, layout, at), layout.wrapped
    hopeful = not scan.torn and not final and len(data) < _MAX_ELEMENT and not len(scan.starts)
    if hopeful:
        return None, 0, False
    return _careful(data, want, layout, at, final=final)


def _behind(data: bytes, closed_at: int, layout: Layout, at: Position) -> int:
    """Bytes up to the next array, if one follows the one that closed."""
    if layout.wrapped:
        return len(data)
    tail = data[closed_at:]
    used = closed_at + len(tail) - len(tail.lstrip(b" \t\r\n,["))
    at.advance(0, used)
    return used


def _parsed(data: bytes, scan: Scan, want: Wanted) -> pl.DataFrame | None:
    if want.schema is None or want.columns is None or scan.torn or not len(scan.starts):
        return None
    if between(data, scan).strip(b" \t\r\n,") or not is_utf8(data[: int(scan.ends[-1])]):
        return None
    frame = parse_objects(one_a_line(data, scan), want.schema, want.columns)
    return frame if frame is not None and frame.height == len(scan.starts) else None


def _whole_chunk(data: bytes, scan: Scan, frame: pl.DataFrame, at: Position) -> Chunk:
    first, base = at.row, at.offset
    rows = pl.int_range(first, first + frame.height, dtype=pl.UInt64(), eager=True).alias(ROW)
    offsets = pl.Series(OFFSET, [None] * frame.height if base is None else scan.starts + base, dtype=PLACE[OFFSET])

    def raw(part: pl.DataFrame) -> pl.Series:
        numbers = [row - first for row in part[ROW].to_list()]
        texts = [data[scan.starts[number] : scan.ends[number]].decode() for number in numbers]
        return pl.Series("raw", texts, dtype=pl.String)

    return Chunk(frame=pl.concat((pl.DataFrame([rows, offsets]), frame), how="horizontal"), raw=raw)


def _careful(data: bytes, want: Wanted, layout: Layout, at: Position, *, final: bool) -> tuple[Chunk, int, bool]:
    """Element by element; behind a damaged one the next is found by the key that elements begin with."""
    gathered = Gathered(columns=want.columns)
    text = data.decode("utf-8", "surrogateescape")
    done, position = _walk(text, gathered, layout, at, final=final)
    used = len(text[:position].encode("utf-8", "surrogateescape"))
    raws = pl.Series("raw", gathered.raws, dtype=pl.String)
    frame = gathered.frame()
    lookup = frame.select(ROW).with_row_index("__line__")
    chunk = Chunk(
        frame=frame,
        rejected=gathered.rejected_frame(),
        not_a_record=gathered.not_a_record,
        notes=gathered.notes,
        raw=lambda part: raws.gather(part.join(lookup, on=ROW, maintain_order="left")["__line__"]),
    )
    return chunk, used, done


def _walk(text: str, gathered: Gathered, layout: Layout, at: Position, *, final: bool) -> tuple[bool, int]:
    position, restart = 0, layout.restart
    while True:
        separators = _SEPARATORS.match(text, position)
        start = separators.end() if separators else position
        if layout.wrapped and "]" in text[position:start]:
            return True, len(text)
        at.advance(0, _size(text[position:start], at))
        if start >= len(text):
            return False, len(text)
        if text.startswith("//", start):
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            gathered.skip("comment")
            at.advance(1, _size(text[start:end], at))
            position = end
            continue
        found = _element(text, start, gathered, at, restart, final=final)
        if found is None:
            return False, start
        at.advance(0, _size(text[start:found], at))
        position = found


def _element(
    text: str, start: int, gathered: Gathered, at: Position, restart: re.Pattern[str], *, final: bool
) -> int | None:
    """Take one element, whole or damaged, and say where it ends; None if its end may lie in the next block."""
    try:
        value, end = _decoded(text, start)
    except (ValueError, RecursionError) as error:
        cut_off = isinstance(error, json.JSONDecodeError) and (
            error.msg.startswith("Unterminated") or error.pos >= len(text) - 8
        )
        if cut_off and not final and len(text) - start < _MAX_ELEMENT:
            return None
        found = restart.search(text, start + 1)
        if found is None and not final and len(text) - start < _MAX_ELEMENT:
            return None
        end = len(text) if found is None else found.start()
        detail = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        gathered.reject(at.row, at.offset, _readable(text[start:end].rstrip(" \t\r\n,")), "damaged", detail)
        at.advance(1, 0)
        return end
    _keep(value, text[start:end], gathered, at)
    return end


def _decoded(text: str, start: int) -> tuple[object, int]:
    """Strictly, so that a missing quote shows at the line feed behind it; if that fails with raw tabs and feeds."""
    try:
        return _STRICT.raw_decode(text, start)
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Invalid control character"):
            raise
        try:
            return _LENIENT.raw_decode(text, start)
        except json.JSONDecodeError:
            raise error from None


def _keep(value: object, raw: str, gathered: Gathered, at: Position) -> None:
    if any("\udc80" <= char <= "\udcff" for char in raw):
        original = raw.encode("utf-8", "surrogateescape")
        try:
            raw = original.decode("gb18030")
            value = json.loads(raw, strict=False)
        except ValueError:
            gathered.reject(at.row, at.offset, _readable(raw), "undecodable", "neither UTF-8 nor GB18030")
            at.advance(1, 0)
            return
        gathered.count("mixed_encoding")
    at.advance(gathered.add_value(at.row, at.offset, value, raw), 0)


def _readable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _size(text: str, at: Position) -> int:
    return 0 if at.offset is None else len(text.encode("utf-8", "surrogateescape"))
