"""Times as sources write them, as numbers that stand in the same order: 2021年3月1日 is 20210301000000."""

import polars as pl

_DAY = r"^\s*([12]\d{3})(?:\s*[-/.年]\s*(\d{1,2})|(\d{2}))?(?:\s*[-/.月]\s*(\d{1,2})|(\d{2}))?(?:\D|$)"
_CLOCK = r"[T\s日](\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2}))?"


def moment(text: pl.Expr) -> pl.Expr:
    """Year, month, day, hour, minute and second as one number; what is not given is 0.

    Null for what is no such time.
    """
    text = text.cast(pl.String)
    year = text.str.extract(_DAY, 1).cast(pl.Int64)
    month = pl.coalesce(text.str.extract(_DAY, 2), text.str.extract(_DAY, 3))
    day = pl.coalesce(text.str.extract(_DAY, 4), text.str.extract(_DAY, 5))
    clock = [text.str.extract(_CLOCK, group) for group in (1, 2, 3)]
    return sum((_pair(made) * 100 ** (4 - place) for place, made in enumerate((month, day, *clock))), year * 100**5)


def _pair(digits: pl.Expr) -> pl.Expr:
    return digits.cast(pl.Int64).fill_null(0)
