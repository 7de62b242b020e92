"""An estimate with the bounds between which the truth lies in 95 of 100 cases, and what may be said of it."""

from dataclasses import dataclass
from math import inf, nan


@dataclass(frozen=True, slots=True)
class Interval:
    """NaN bounds (nothing was measured) are above nothing and below nothing."""

    value: float
    low: float
    high: float

    def above(self, bound: float) -> bool:
        """Whether it is shown to be more."""
        return self.low > bound

    def below(self, bound: float) -> bool:
        """Whether it is shown to be less."""
        return self.high < bound

    def within(self, margin: float) -> bool:
        """Whether it is shown to be nought for all that matters: smaller than ``margin`` either way."""
        return self.above(-margin) and self.below(margin)

    def __neg__(self) -> "Interval":
        return Interval(-self.value, -self.high, -self.low)

    def __truediv__(self, scale: float) -> "Interval":
        """Of the share of a positive scale."""
        return Interval(self.value / scale, self.low / scale, self.high / scale)


UNKNOWN = Interval(nan, nan, nan)


def anything(value: float) -> Interval:
    """One item has a value, and says nothing about the next."""
    return Interval(value, -inf, inf)
