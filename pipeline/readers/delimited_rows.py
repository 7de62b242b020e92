"""From the records of a delimited file to a chunk: rows of text, rows that cannot be read, rows that say nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipeline.arrays import Flags
from pipeline.readers.chunk import REJECTED, Chunk, Columns, raw_as_json
from pipeline.readers.delimited_layout import Layout
from pipeline.readers.delimited_lines import Indices, Lines
from pipeline.readers.delimited_records import Records
from pipeline.readers.delimited_salvage import fitted, split_record
from pipeline.readers.idle_rows import without_idle_rows
from pipeline.readers.text_columns import as_wanted
from schemas.places import OFFSET, PLACE, ROW


@dataclass(frozen=True, slots=True)
class _Leftovers:
    """Records that are not for the bulk parser, read one by one."""

    rows: list[list[str]] = field(default_factory=list)
    row_lines: list[int] = field(default_factory=list)
    rejected: list[dict[str, object]] = field(default_factory=list)


def read_rows(lines: Lines, records: Records, layout: Layout, columns: Columns | None) -> Chunk:
    """All records before the tail as one chunk."""
    blank = _is_blank(lines.data, records)
    unreadable = _is_undecodable(lines, records)
    good = (records.fields == len(layout.columns)) & ~blank & ~unreadable
    left = _Leftovers()
    _read_troubles(left, lines, records)
    _reject_undecodable(left, lines, records, np.flatnonzero(unreadable))
    _read_odd_records(left, lines, records, layout, np.flatnonzero(~good & ~blank & ~unreadable))
    frame = _placed(lines, records.lines[good], _bulk(lines.data, records, good, layout))
    if left.rows:
        more = pl.DataFrame(left.rows, schema=_schema(layout), orient="row")
        frame = pl.concat([frame, _placed(lines, np.array(left.row_lines, dtype=np.intp), more)]).sort(ROW)
    frame, idle = without_idle_rows(frame, layout.columns, layout.header)
    idle["empty_row"] += int(blank.sum())
    frame, misfits = as_wanted(frame, columns, raw_as_json)
    repaired = sum(trouble.fields is not None for trouble in records.troubles)
    return Chunk(
        frame=frame,
        rejected=pl.concat([pl.DataFrame(left.rejected, schema=REJECTED), misfits]).sort(ROW),
        not_a_record=_counted(idle),
        notes=_counted({"mixed_encoding": lines.mixed, "stray_quotes": repaired}),
    )


def _is_blank(data: bytes, records: Records) -> Flags:
    values = np.frombuffer(data, dtype=np.uint8)
    first = values[records.starts]
    blank: Flags = (first == ord("\n")) | ((first == ord("\r")) & (records.ends - records.starts <= 2))
    return blank


def _is_undecodable(lines: Lines, records: Records) -> Flags:
    """Records that reach over a line in no known encoding."""
    found = np.zeros(len(records.lines), dtype=np.bool_)
    for number in lines.undecodable:
        index = number - lines.number
        if 0 <= index < records.tail:
            record = int(np.searchsorted(records.lines, index, side="right")) - 1
            if record >= 0 and lines.starts[index] < records.ends[record]:
                found[record] = True
    return found


def _read_troubles(left: _Leftovers, lines: Lines, records: Records) -> None:
    bounds = [*lines.starts.tolist(), len(lines.data)]
    for trouble in records.troubles:
        if trouble.fields is not None:
            left.rows.append(trouble.fields)
            left.row_lines.append(trouble.first)
        else:
            text = lines.text(bounds[trouble.first], bounds[trouble.end])
            detail = f"line {lines.number + trouble.first}: a quote is not closed, or closed in the middle of a field"
            left.rejected.append(_reject(lines, trouble.first, text, "damaged", detail))


def _reject_undecodable(left: _Leftovers, lines: Lines, records: Records, found: Indices) -> None:
    for line, text in _texts(lines, records, found):
        detail = f"line {lines.number + line} is text in no known encoding"
        left.rejected.append(_reject(lines, line, text, "undecodable", detail))


def _read_odd_records(left: _Leftovers, lines: Lines, records: Records, layout: Layout, odd: Indices) -> None:
    """Records of another width: superfluous fields at the end may be empty, anything else is rejected."""
    width = len(layout.columns)
    for (line, text), found in zip(_texts(lines, records, odd), records.fields[odd].tolist(), strict=True):
        fields = fitted(split_record(text, layout.dialect), width)
        if fields is not None:
            left.rows.append(fields)
            left.row_lines.append(line)
        else:
            detail = f"line {lines.number + line} has {found} field{'s' * (found != 1)}, expected {width}"
            left.rejected.append(_reject(lines, line, text, "wrong_field_count", detail))


def _texts(lines: Lines, records: Records, chosen: Indices) -> Iterator[tuple[int, str]]:
    """Index of the first line, and text, of some records."""
    for record in chosen.tolist():
        yield int(records.lines[record]), lines.text(int(records.starts[record]), int(records.ends[record]))


def _reject(lines: Lines, line: int, text: str, reason: str, detail: str) -> dict[str, object]:
    offset = None if lines.offsets is None else int(lines.offsets[line])
    return {ROW: lines.number + line, OFFSET: offset, "raw": text, "reason": reason, "detail": detail}


def _bulk(data: bytes, records: Records, good: Flags, layout: Layout) -> pl.DataFrame:
    """The good records; one by one where the fast parser makes anything but one row of each."""
    if not good.any():
        return pl.DataFrame(schema=_schema(layout))
    starts, ends = records.starts[good], records.ends[good]
    try:
        frame = pl.read_csv(
            _cut(data, records, good),
            has_header=False,
            schema=_schema(layout),
            separator=layout.dialect.separator,
            quote_char='"' if layout.dialect.quoted else None,
        )
    except pl.exceptions.PolarsError:
        frame = pl.DataFrame(schema=_schema(layout))
    if frame.height == len(starts):
        return frame
    texts = (data[start:end].decode().rstrip("\n") for start, end in zip(starts, ends, strict=True))
    rows = [split_record(text.removesuffix("\r"), layout.dialect) for text in texts]
    return pl.DataFrame(rows, schema=_schema(layout), orient="row")


def _cut(data: bytes, records: Records, good: Flags) -> bytes:
    """The good records without what stands between them."""
    adjoining = np.append(records.ends[:-1] == records.starts[1:], False)
    begins = good & ~np.append(False, (good & adjoining)[:-1])
    ends = good & ~(adjoining & np.append(good[1:], False))
    spans = zip(records.starts[begins].tolist(), records.ends[ends].tolist(), strict=True)
    pieces = [data[start:end] for start, end in spans]
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _placed(lines: Lines, at: Indices, frame: pl.DataFrame) -> pl.DataFrame:
    """With the place columns, given the index of the line on which each row starts."""
    offsets = pl.lit(None) if lines.offsets is None else pl.Series(lines.offsets[at])
    return frame.select(
        pl.Series(at + lines.number).cast(PLACE[ROW]).alias(ROW), offsets.cast(PLACE[OFFSET]).alias(OFFSET), pl.all()
    )


def _counted(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def _schema(layout: Layout) -> dict[str, type[pl.String]]:
    return dict.fromkeys(layout.columns, pl.String)
