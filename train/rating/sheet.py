"""Which answers are put before which rater, in which order, on which side: drawn from a seed, without any model."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from schemas.errors import OptionError

Answer = Literal["tuned", "base", "right", "wrong"]
"""``right`` and ``wrong`` are the sides of a check, whose answer is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two answers to one item."""

    record: str
    """``test:17``"""
    prompt: str
    reference: str
    base: str
    tuned: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a rater sees at one place of a sheet, and what is kept from them: who says what."""

    record: str
    prompt: str
    first: str
    second: str
    sides: tuple[Answer, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """For one rater."""

    id: str
    """Tells the sheets of one drawing from those of all others; tells a rater nothing."""
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The same items for every rater, in an order and on sides of their own."""

    sheets: Sequence[Sheet]
    identical: int
    """Items left out because both answers are the same."""
    seed: int
    answers: str
    """``fingerprint`` of the items."""


def draw_sheets(pairs: Sequence[Pair], count: int, *, raters: int = 1, checks: int = 0, seed: int = 42) -> Drawing:
    """At most ``count`` items and so many checks, in which an item's reference stands beside another item's.

    The larger drawing holds the smaller one. Raises OptionError where nothing is left to rate.
    """
    different = [pair for pair in pairs if pair.base.strip() != pair.tuned.strip()]
    if not different:
        raise OptionError(f"--rating-sheet {count}: of {len(pairs)} items none has two different answers to rate")
    chosen = sorted(different, key=_order(seed, "items"))[:count]
    asked = [*map(_question, chosen), *_checks(pairs, checks, seed)]
    kind = f"{seed} {raters} {[(row.record, row.first, row.second) for row in asked]}"
    name = blake2b(kind.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    sheets = [_sheet(asked, f"{name}-{rater}", seed) for rater in range(1, raters + 1)]
    identical = len(pairs) - len(different)
    return Drawing(sheets=sheets, identical=identical, seed=seed, answers=fingerprint(chosen))


def fingerprint(pairs: Iterable[Pair]) -> str:
    """Tells two lists of items with their answers apart, whatever their order."""
    said = sorted((pair.record, pair.prompt, pair.base, pair.tuned) for pair in pairs)
    return blake2b(repr(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _question(pair: Pair) -> Row:
    return Row(record=pair.record, prompt=pair.prompt, first=pair.tuned, second=pair.base, sides=("tuned", "base"))


def _checks(pairs: Sequence[Pair], count: int, seed: int) -> list[Row]:
    """From items in an order of their own; each is shown the reference of the one behind it as the wrong answer."""
    drawn = sorted((pair for pair in pairs if pair.reference.strip()), key=_order(seed, "checks"))
    behind = [*drawn[1:], *drawn[:1]]
    found = [
        Row(
            record=pair.record,
            prompt=pair.prompt,
            first=pair.reference,
            second=other.reference,
            sides=("right", "wrong"),
        )
        for pair, other in zip(drawn, behind, strict=True)
        if pair.reference.strip() != other.reference.strip()
    ]
    if len(found) < count:
        raise OptionError(f"{count} checks: only {len(found)} items have a reference that no other item has")
    return found[:count]


def _sheet(asked: Sequence[Row], name: str, seed: int) -> Sheet:
    """Every other row of a second order is turned round, so that each side comes first equally often."""
    turned = {id(row) for row in sorted(asked, key=_row_order(seed, f"sides {name}"))[::2]}
    ordered = sorted(asked, key=_row_order(seed, f"order {name}"))
    return Sheet(id=name, rows=[_turned(row) if id(row) in turned else row for row in ordered])


def _turned(row: Row) -> Row:
    return Row(
        record=row.record, prompt=row.prompt, first=row.second, second=row.first, sides=(row.sides[1], row.sides[0])
    )


def _order(seed: int, purpose: str) -> Callable[[Pair], bytes]:
    return lambda pair: _draw(seed, purpose, pair.record)


def _row_order(seed: int, purpose: str) -> Callable[[Row], bytes]:
    return lambda row: _draw(seed, purpose, f"{row.record} {'check' if 'right' in row.sides else 'question'}")


def _draw(seed: int, purpose: str, what: str) -> bytes:
    """Depends on nothing else: the same on every machine."""
    return blake2b(f"{seed} {purpose} {what}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
