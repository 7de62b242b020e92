"""From parsed JSON values to columns: flattening, the types that were asked for, and what does not have them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from pipeline.readers.chunk import OFFSET, PLACE, REJECTED, ROW, Columns

_JSON_NAMES = {dict: "an object", list: "a list", str: "text", bool: "true/false", int: "a number", float: "a number"}


@dataclass(slots=True)
class Gathered:
    """Rows parsed one by one, until they become a frame."""

    columns: Columns | None
    rows: list[dict[str, object]] = field(default_factory=list)
    places: list[tuple[int, int | None]] = field(default_factory=list)
    raws: list[str] = field(default_factory=list)
    rejected: list[tuple[int, int | None, str, str, str]] = field(default_factory=list)
    not_a_record: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)

    def count(self, what: str) -> None:
        self.notes[what] = self.notes.get(what, 0) + 1

    def skip(self, reason: str) -> None:
        self.not_a_record[reason] = self.not_a_record.get(reason, 0) + 1

    def reject(self, row: int, offset: int | None, raw: str, reason: str, detail: str) -> None:
        self.rejected.append((row, offset, without_surrogates(raw), reason, detail))

    def add(self, row: int, offset: int | None, raw: str) -> None:
        """Parse the text of one element and keep what it holds."""
        text = raw.strip().rstrip(",")
        if not text:
            self.skip("empty_row")
        elif text.startswith("//"):
            self.skip("comment")
        else:
            self._parse(row, offset, text)

    def _parse(self, row: int, offset: int | None, text: str) -> None:
        try:
            value = json.loads(text, strict=False, object_pairs_hook=self._object)
        except (ValueError, RecursionError) as error:
            self.reject(row, offset, text, "damaged", str(error))
            return
        if isinstance(value, list) and len(list(flat_rows(value))) > 1:
            self.reject(row, offset, text, "damaged", "several records on one line of a file of one record a line")
            return
        self.add_value(row, offset, value, text)

    def add_value(self, row: int, offset: int | None, value: object, raw: str) -> int:
        """Keep the rows of one element, numbered from ``row`` on, and say how many numbers were used."""
        found = list(flat_rows(value))
        if not found:
            self.skip("empty_row")
        for number, each in enumerate(found, start=row):
            text = raw if len(found) == 1 else json.dumps(each, ensure_ascii=False)
            problem, fitted = fit(each, self.columns)
            if problem:
                self.reject(number, offset, text, "wrong_type", problem)
                continue
            self.rows.append(self._whole(fitted, text))
            self.places.append((number, offset))
            self.raws.append(text)
        return max(len(found), 1)

    def _whole(self, row: dict[str, object], raw: str) -> dict[str, object]:
        if not _may_hold_surrogate(raw):
            return row
        repaired = {name: _repaired(value) for name, value in row.items()}
        if repaired != row:
            self.count("lone_surrogate")
        return repaired

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) < len(pairs):
            self.count("duplicate_key")
        return made

    def frame(self) -> pl.DataFrame:
        names = self.columns if self.columns is not None else dict.fromkeys(seen_columns(self.rows), pl.String())
        types = {name: pl.String() if isinstance(dtype, pl.Object) else dtype for name, dtype in names.items()}
        data = {name: pl.Series(name, [row.get(name) for row in self.rows], dtype=t) for name, t in types.items()}
        return pl.DataFrame(
            {
                ROW: pl.Series([row for row, _ in self.places], dtype=PLACE[ROW]),
                OFFSET: pl.Series([offset for _, offset in self.places], dtype=PLACE[OFFSET]),
                **data,
            }
        )

    def rejected_frame(self) -> pl.DataFrame:
        return pl.DataFrame(self.rejected, schema=dict(REJECTED), orient="row")


def flat_rows(value: object) -> Iterable[dict[str, object]]:
    """An element's rows: an object is one, a list of objects several, any other list one with columns 0, 1, 2 …"""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list) and value and all(isinstance(inner, (dict, list)) for inner in value):
        for inner in value:
            yield from flat_rows(inner)
    elif isinstance(value, list):
        if value:
            yield {str(number): inner for number, inner in enumerate(value)}
    else:
        yield {"value": value}


def seen_columns(rows: Sequence[Mapping[str, object]]) -> tuple[str, ...]:
    """Names in the order in which they first appear."""
    return tuple(dict.fromkeys(name for row in rows for name in row))


def fit(row: Mapping[str, object], columns: Columns | None) -> tuple[str, dict[str, object]]:
    """The row with the wanted columns in the wanted types, and what stands in the way ("" if nothing does).

    Numbers and truth values become text where text is wanted; a list or an object never does.
    """
    if columns is None:
        return "", {name: _as_text(value) for name, value in row.items()}
    fitted: dict[str, object] = {}
    for name, dtype in columns.items():
        problem, fitted[name] = _fit_value(row.get(name), dtype, name)
        if problem:
            return problem, {}
    return "", fitted


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _fit_value(value: object, dtype: pl.DataType, path: str) -> tuple[str, object]:
    if value is None:
        return "", None
    if isinstance(dtype, pl.Object):
        return "", _as_text(value)
    if isinstance(dtype, pl.List):
        return _fit_list(value, dtype, path)
    if isinstance(dtype, pl.Struct):
        return _fit_struct(value, dtype, path)
    if isinstance(value, (dict, list)):
        return f"{path} is {_JSON_NAMES[type(value)]}, expected text", None
    return "", _as_text(value)


def _fit_list(value: object, dtype: pl.List, path: str) -> tuple[str, object]:
    if not isinstance(value, list):
        return f"{path} is {_JSON_NAMES[type(value)]}, expected a list", None
    fitted = [_fit_value(inner, _instance(dtype.inner), f"{path}[{number}]") for number, inner in enumerate(value)]
    problem = next((problem for problem, _ in fitted if problem), "")
    return problem, [inner for _, inner in fitted]


def _fit_struct(value: object, dtype: pl.Struct, path: str) -> tuple[str, object]:
    if not isinstance(value, dict):
        return f"{path} is {_JSON_NAMES[type(value)]}, expected an object", None
    made: dict[str, object] = {}
    for inner in dtype.fields:
        problem, made[inner.name] = _fit_value(value.get(inner.name), _instance(inner.dtype), f"{path}.{inner.name}")
        if problem:
            return problem, None
    return "", made


def _instance(dtype: object) -> pl.DataType:
    return dtype() if isinstance(dtype, type) else dtype  # type: ignore[return-value]


def _may_hold_surrogate(raw: str) -> bool:
    return "\\ud" in raw.lower() or any("\ud800" <= char <= "\udfff" for char in raw)


def _repaired(value: object) -> object:
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, list):
        return [_repaired(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _repaired(inner) for key, inner in value.items()}
    return value


def without_surrogates(text: str) -> str:
    """Half of a UTF-16 pair is no character: it becomes U+FFFD, the sign for a lost one."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
