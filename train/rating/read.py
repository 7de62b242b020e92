"""Filled-in sheets become ratings: what counts, and why the rest does not."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple
from unicodedata import normalize

from schemas.errors import SourceError
from train.judging.ratings import Choice
from train.rating.cells import read_csv
from train.rating.key import Key, KeyRow

LEAST_RIGHT = 0.75
"""Share of the checks that a rater must have right for the ratings to count; a tie is not right."""
Side = Literal[0, 1, None]
"""Which answer was chosen; None for neither."""
_SIDES: Mapping[str, Side] = {
    **dict.fromkeys(("1", "1.0", "a", "first", "left", "左", "甲", "一"), 0),
    **dict.fromkeys(("2", "2.0", "b", "second", "right", "右", "乙", "二"), 1),
    **dict.fromkeys(("0", "0.0", "=", "tie", "same", "equal", "平", "平局", "差不多", "一样"), None),
}
_NEEDED = ("sheet", "row", "rating")
_MESSAGES = 20


class Place(NamedTuple):
    """A row of a sheet, as one rater saw it."""

    rater: str
    sheet: str
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rater:
    """What one person did."""

    rated: int
    first: float
    """Share of ``answer 1`` among the choices of a side: far from a half, the place decides and not the answer."""
    checks: int
    right: int

    @property
    def passed(self) -> bool:
        return self.right >= LEAST_RIGHT * self.checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """All that the sheets say."""

    choices: Sequence[Sequence[Choice | None]]
    """Of every item that was rated, one choice a rater in their order; None where there is none."""
    raters: Mapping[str, Rater]
    not_counted: Mapping[str, int]
    """Reason -> rows."""
    messages: Sequence[str]
    """``sheet-1.csv:12: rating '3': neither 1, 2 nor 0`` of the first of them."""
    identical: int


@dataclass(slots=True)
class _Found:
    sides: dict[Place, Side] = field(default_factory=dict)
    seen: set[Place] = field(default_factory=set)
    """Rated or not."""
    contradictory: set[Place] = field(default_factory=set)
    not_counted: Counter[str] = field(default_factory=Counter)
    messages: list[str] = field(default_factory=list)

    def leave_out(self, reason: str, where: str, count: int = 1) -> None:
        self.not_counted[reason] += count
        if len(self.messages) < _MESSAGES:
            self.messages.append(where)


def read_sheets(paths: Iterable[Path], key: Key) -> Read:
    """CSV files, as they were written or as the page exports them, of one or several raters.

    Raises SourceError for a file that is no rating sheet.
    """
    found = _Found()
    for path in paths:
        rows = _rows(path)
        names = {name for row in rows if (name := _cell(row.get("rater", "")))}
        only = names.pop() if len(names) == 1 else ""  # who signs the first row has signed the sheet
        for number, row in enumerate(rows, start=2):  # row 1 is the header
            _take(found, row, only, key, f"{path}:{number}")
    _leave_out_contradictory(found)
    _count_missing(found, key)
    raters = {name: _rater(name, found, key) for name in sorted({place.rater for place in found.sides})}
    for name, rater in raters.items():
        if not rater.passed:
            share = f"{rater.right} of {rater.checks} checks right"
            found.leave_out("failed_checks", f"{name}: {share}; expected {LEAST_RIGHT:.0%}", rater.rated)
    return Read(
        choices=_choices(found, [name for name, rater in raters.items() if rater.passed], key),
        raters=raters,
        not_counted=dict(found.not_counted.most_common()),
        messages=found.messages,
        identical=key.identical,
    )


def _rows(path: Path) -> list[Mapping[str, str]]:
    rows = read_csv(path)
    missing = [name for name in _NEEDED if rows and name not in rows[0]]
    if missing or not rows:
        what = f"no column {missing[0]}" if missing else "no rows"
        raise SourceError(f"{path}: {what}; expected a rating sheet with the columns {', '.join(_NEEDED)}")
    return rows


def _take(found: _Found, row: Mapping[str, str], signed: str, key: Key, where: str) -> None:
    sheet, number = _cell(row["sheet"]), _cell(row["row"]).removesuffix(".0")
    rating, shown = _cell(row["rating"]).lower(), row["rating"][:40]
    if sheet not in key.sheets:
        found.leave_out("other_sheet", f"{where}: sheet {sheet[:40]!r} is none of this key")
        return
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= len(key.sheets[sheet])):
        found.leave_out("no_such_row", f"{where}: row {number[:40]!r}; expected 1 to {len(key.sheets[sheet])}")
        return
    place = Place(_cell(row.get("rater", "")) or signed or sheet, sheet, int(number))
    found.seen.add(place)
    if not rating:
        found.leave_out("blank", f"{where}: not rated")
        return
    if rating not in _SIDES:
        found.leave_out("unknown_rating", f"{where}: rating {shown!r}; expected 1, 2 or 0")
        return
    _note(found, place, _SIDES[rating], where)


def _cell(text: str) -> str:
    """Without what a spreadsheet or an input method puts around it."""
    return normalize("NFKC", text).strip().removeprefix("'").strip()


def _note(found: _Found, place: Place, side: Side, where: str) -> None:
    if place not in found.sides:
        found.sides[place] = side
    elif found.sides[place] == side:
        found.leave_out("repeated", f"{where}: {place.rater} rated row {place.row} of {place.sheet} before")
    else:
        found.contradictory.add(place)
        what = f"{place.rater} rated row {place.row} of {place.sheet} otherwise before; fill in the column rater"
        found.leave_out("contradictory", f"{where}: {what}")


def _leave_out_contradictory(found: _Found) -> None:
    """The first of them too: nobody knows which one was meant."""
    for place in found.contradictory:
        found.not_counted["contradictory"] += 1
        del found.sides[place]


def _count_missing(found: _Found, key: Key) -> None:
    """Rows of a sheet that was handed in, about which it says nothing."""
    seen = Counter((place.rater, place.sheet) for place in found.seen)
    for (rater, sheet), rows in sorted(seen.items()):
        if missing := len(key.sheets[sheet]) - rows:
            found.leave_out(
                "missing", f"{sheet} of {rater}: {missing} of {len(key.sheets[sheet])} rows missing", missing
            )


def _rater(name: str, found: _Found, key: Key) -> Rater:
    mine = {place: side for place, side in found.sides.items() if place.rater == name}
    checks = [(key.sheets[place.sheet][place.row - 1], side) for place, side in mine.items()]
    asked = [(row, side) for row, side in checks if row.is_check]
    chosen = [side for side in mine.values() if side is not None]
    return Rater(
        rated=len(mine) - len(asked),
        first=chosen.count(0) / len(chosen) if chosen else 0.5,
        checks=len(asked),
        right=sum(side is not None and row.sides[side] == "right" for row, side in asked),
    )


def _choices(found: _Found, raters: Sequence[str], key: Key) -> list[list[Choice | None]]:
    by_item: dict[str, dict[str, Choice]] = {}
    for record, rater, choice in _counted(found, key):
        by_item.setdefault(record, {})[rater] = choice
    rated = [[given.get(rater) for rater in raters] for _, given in sorted(by_item.items())]
    return [each for each in rated if any(each)]


def _counted(found: _Found, key: Key) -> Iterator[tuple[str, str, Choice]]:
    for place, side in found.sides.items():
        row: KeyRow = key.sheets[place.sheet][place.row - 1]
        if not row.is_check:
            answer = "tie" if side is None else row.sides[side]
            yield row.record, place.rater, "tuned" if answer == "tuned" else "base" if answer == "base" else "tie"
