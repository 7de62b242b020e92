"""How much of which dataset: ``legal:1`` is all of it, ``instruct:0.3`` a share, ``instruct:500`` so many records."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.dataset import PreparedDataset, folder_of
from schemas.errors import OptionError

_FORMS = "NAME:1 (all), NAME:0.3 (a share) or NAME:500 (records)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """So much of a dataset."""

    dataset: PreparedDataset
    amount: float
    """A share up to 1, of every split; above 1 a whole number of train records, and as large a share of the others."""

    @property
    def is_count(self) -> bool:
        return self.amount > 1

    def wanted(self, records: int) -> int:
        """Of a split with so many records."""
        whole = self.dataset.count("train")
        share = self.amount / max(whole, 1) if self.is_count else self.amount
        return min(round(share * records), records)

    def __str__(self) -> str:
        return f"{self.dataset.name}:{self.amount:g}"


def portions_of(texts: Sequence[str], data: Path) -> list[Portion]:
    """Names are looked for in ``data``. Raises OptionError for what could be read in two ways, and DatasetError."""
    found = [_portion(text, data) for text in texts]
    folders = [portion.dataset.path.resolve() for portion in found]
    twice = next((str(portion) for place, portion in enumerate(found) if folders[place] in folders[:place]), None)
    if twice is not None:
        raise OptionError(f"{twice}: the dataset is named twice; add up its amounts")
    if len(found) < 2:
        raise OptionError(f"{', '.join(texts) or 'nothing'}: one dataset is no mixture; name two or more, as {_FORMS}")
    return found


def _portion(text: str, data: Path) -> Portion:
    name, colon, amount = text.rpartition(":")
    if not colon or not name:
        raise OptionError(f"{text}: how much of it? expected {_FORMS}")
    dataset = PreparedDataset.open(folder_of(name, data))
    portion = Portion(dataset=dataset, amount=_amount(text, amount))
    _require_enough(portion, text)
    return portion


def _amount(text: str, written: str) -> float:
    try:
        amount = float(written)
    except ValueError:
        raise OptionError(f"{text}: {written!r} is no amount; expected {_FORMS}") from None
    if not math.isfinite(amount) or amount <= 0:
        raise OptionError(f"{text}: nothing of it; leave it out, or use {_FORMS}")
    if amount > 1 and (amount != int(amount) or "." in written):
        raise OptionError(f"{text}: neither a share up to 1 nor a whole number of records; expected {_FORMS}")
    return amount


def _require_enough(portion: Portion, text: str) -> None:
    there = portion.dataset.count("train")
    if portion.amount > there > 0 and portion.is_count:
        raise OptionError(f"{text}: it has {there:,} records in train; use {portion.dataset.name}:1 for all of them")
    if not portion.wanted(there):
        raise OptionError(f"{text}: that is none of its {there:,} records in train; ask for more")
