"""Held-out items as what a model is given: in one way or another, each with its own prompt or with another item's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from schemas.statistics import SequenceLimits
from train.answer.answerer import Asking
from train.baselines.dealing import another
from train.baselines.few_shot import MOST_SHOTS, Pair, shots
from train.baselines.retrieval import Search
from train.encoding.default import histories
from train.encoding.examples import Dialogue
from train.evaluation.asked import Asked
from train.evaluation.held_out import Items
from train.evaluation.models import Models, Side
from train.evaluation.ways import Way, with_examples


class Memory:
    """Training pairs, searched by their questions."""

    def __init__(self, records: pl.DataFrame) -> None:
        self.questions = [str(text) for text in records["prompt"]]
        self.answers = [str(text) for text in records["response"]]

    @cached_property
    def search(self) -> Search:
        return Search(self.questions)

    @property
    def pairs(self) -> list[Pair]:
        return list(zip(self.questions, self.answers, strict=True))


@dataclass(frozen=True, kw_only=True)  # no slots: the examples are found once and kept
class Asker:
    """Items, and all that is needed to ask them."""

    models: Models
    items: Items
    memory: Memory
    limits: SequenceLimits
    seed: int

    def base(self, way: Way, *, shuffled: bool = False) -> Asked:
        records = with_examples(self.items.records, self.shown, way.examples) if way.examples else self.items.records
        asking = Asking(wording=way.wording, limits=self.limits)
        return self._asked("base", f"base: {way.name}", asking, records, shuffled=shuffled)

    def as_trained(self, side: Side, trained: Asking, *, shuffled: bool = False) -> Asked:
        """The tuned model as it was trained to be asked, or the base in the same way."""
        name = "tuned" if side == "tuned" else "base: as trained"
        return self._asked(side, name, trained, self.items.records, shuffled=shuffled)

    @cached_property
    def shown(self) -> list[list[Pair]]:
        """Of each item the training pairs that fit before it, the nearest last."""
        pairs, search = self.memory.pairs, self.memory.search
        found: list[list[Pair]] = []
        for question, history in zip(self.items.prompts, histories(self.items.records).to_list(), strict=True):
            found += shots(search, pairs, [question], self._fits(history), MOST_SHOTS)
        return found

    def _fits(self, own: Sequence[Sequence[str]]) -> Callable[[Sequence[Pair], str], bool]:
        form, room = self.models.family.form(self.models.tokenizer), self.limits.source

        def fits(pairs: Sequence[Pair], question: str) -> bool:
            [ids] = form.sources([Dialogue(question, [*pairs, *own])])
            return len(ids) <= room

        return fits

    def _asked(self, side: Side, name: str, asking: Asking, records: pl.DataFrame, *, shuffled: bool) -> Asked:
        prompts = self.models.prompts(records.drop("record"), asking)
        if shuffled:
            prompts = [prompts[place] for place in self._others]
        what = f"{self.items.dataset} {self.items.split}{', prompts shuffled' if shuffled else ''}"
        return Asked(
            name=f"{name}, {what}",
            side=side,
            asking=asking,
            prompts=dict(zip(self.items.numbers, prompts, strict=True)),
            references=dict(zip(self.items.numbers, self.items.references, strict=True)),
        )

    @cached_property
    def _others(self) -> list[int]:
        """Of each item the place of another, whose prompt differs."""
        texts = self.items.prompts
        places = {text: place for place, text in enumerate(texts)}
        return [places[text] for text in another(texts, seed=self.seed)]
