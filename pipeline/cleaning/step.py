"""A cleaning step: one thing that it tidies, and how to see cheaply that a text does not need it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from schemas.records import Domain

NOT_INSTRUCT: tuple[Domain, ...] = ("encyclopedia", "legal", "paper", "patent")
"""Instruct data is full of code, tables and drawings whose blanks and tags mean something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Either ``apply`` or ``python`` does the work; both see texts whose code is masked (``code.py``)."""

    name: str
    about: str
    gate: str
    """A regular expression; a text in which it finds nothing cannot be changed by the step."""
    has_signs: bool = True
    """Whether every text in which the gate finds something shows one of ``signs.py``."""
    apply: Callable[[pl.Expr], pl.Expr] | None = None
    python: Callable[[Sequence[str]], list[str]] | None = None
    """For what no expression can do; called only with the texts that pass the gate."""
    domains: tuple[Domain, ...] | None = None
    """None: all of them."""
    default: bool = True
    """Otherwise only on request."""

    def __call__(self, texts: pl.Series) -> pl.Series:
        if self.apply is not None:
            return texts.to_frame("text").select(self.apply(pl.col("text"))).to_series()
        if self.python is not None:
            return pl.Series("text", self.python(texts.to_list()), dtype=pl.String)
        raise TypeError(f"the cleaning step {self.name!r} has neither apply nor python")
