"""Ways to ask a base: bare, with an instruction of the domain, or with training pairs that were found for the item."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from schemas.prompts import PROMPTS
from schemas.records import HISTORY
from train.baselines.few_shot import MOST_SHOTS, Pair
from train.encoding.default import histories
from train.encoding.form import PLAIN, Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a question is put."""

    name: str
    wording: Wording = PLAIN
    examples: int = 0
    """Training pairs that stand before the question as earlier turns, the nearest last."""


BARE = Way(name="bare")


def ways_of(domain: str, trained: Wording, *, examples: int = MOST_SHOTS) -> list[Way]:
    """Every way that is tried; ``trained`` is how the tuned model is asked, if none of the others asks so."""
    instructed = [Way(name=preset, wording=Wording(preset=preset)) for preset in presets(domain)]
    shown = [Way(name=_shown(count), examples=count) for count in range(1, examples + 1)]
    own = [Way(name="as trained", wording=trained)]
    known = {way.wording for way in (BARE, *instructed)}
    return [BARE, *instructed, *(way for way in own if way.wording not in known), *shown]


def presets(domain: str) -> list[str]:
    """Names of the instructions that fit a domain: its own, and those that begin with it."""
    if domain == "instruct":
        return ["instruction"]
    return [name for name in PROMPTS if name == domain or name.startswith(f"{domain}-")]


def with_examples(records: pl.DataFrame, shots: Sequence[Sequence[Pair]], count: int) -> pl.DataFrame:
    """Records with the ``count`` nearest examples before their own history; ``shots`` has the nearest last.

    Where room is short they go as any history goes, oldest first: so the nearest stays longest.
    """
    if not count:
        return records
    turns = [
        [*(list(pair) for pair in found[-count:]), *own]
        for found, own in zip(shots, histories(records).to_list(), strict=True)
    ]
    return records.with_columns(history=pl.Series("history", turns, dtype=HISTORY))


def _shown(count: int) -> str:
    return f"{count} example{'s' * (count > 1)}"
