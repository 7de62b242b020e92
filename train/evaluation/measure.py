"""What is measured on one dataset: which cells there are, and in which order they are asked for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from schemas.dataset import PreparedDataset, Split
from schemas.errors import DatasetError
from train.answer.generate import Answer
from train.answer.load import run_of
from train.answer.manner import Manner
from train.baselines.copying import copied
from train.baselines.dealing import any_of
from train.baselines.retrieval import retrieved
from train.encoding.default import with_both_sides
from train.encoding.fit import NoRoom
from train.encoding.form import PLAIN, Wording
from train.evaluation.asking import Asker, Memory
from train.evaluation.cells import Cells
from train.evaluation.cut import cut_of
from train.evaluation.elsewhere import measure_elsewhere
from train.evaluation.held_out import Items, held_out, records_of
from train.evaluation.measurement import (
    ANY,
    COPY,
    RETRIEVAL,
    TUNED,
    Elsewhere,
    Measurement,
    base_name,
    bits_of,
    characters_of,
)
from train.evaluation.models import Models, Side
from train.evaluation.settings import Settings
from train.evaluation.watcher import Watcher
from train.evaluation.ways import BARE, Way, ways_of
from train.judging.bootstrap import Array
from train.metrics.bits import BITS, CHARACTERS
from train.metrics.metric import Answers

FEWEST = 2
"""Items: one has no other item's prompt, and no interval."""


def measure(
    models: Models,
    dataset: PreparedDataset,
    others: Sequence[PreparedDataset],
    settings: Settings,
    *,
    cells: Cells,
    watcher: Watcher,
) -> Measurement:
    """Ask the models whatever was not asked before."""
    return _Measuring(models, dataset, settings, cells, watcher).measured(others)


class _Measuring:
    """What the steps of a measurement share."""

    def __init__(
        self, models: Models, dataset: PreparedDataset, settings: Settings, cells: Cells, watcher: Watcher
    ) -> None:
        self.models, self.dataset, self.settings, self.cells, self.watcher = models, dataset, settings, cells, watcher
        self.asking = (models.tuned or models.base).asking
        self.train = with_both_sides(records_of(dataset, "train"))
        self.memory = Memory(self.train)

    def measured(self, others: Sequence[PreparedDataset]) -> Measurement:
        items = held_out(self.dataset, "test", most=self.settings.items, seed=self.settings.seed)
        if len(items) < FEWEST:
            raise DatasetError(f"{self.dataset.path}: {len(items)} record in test; expected {FEWEST} at least")
        asker = self._asker(items, self.memory)
        ways, untried = self._ways()
        best = min(ways, key=lambda way: ways[way])
        bits, characters = self._bits(asker, best)
        return Measurement(
            dataset=self.dataset,
            models=self.models,
            items=items,
            examples=self._examples(),
            lengths=_lengths(self.train),
            ways={base_name(way): value for way, value in ways.items()},
            untried={base_name(way): tokens for way, tokens in untried.items()},
            best=best,
            bits=bits,
            characters=characters,
            answers=self._answers(asker, best, bits, characters),
            cut=cut_of(self.models, items, self.asking),
            asked=asker.as_trained("tuned", self.asking) if self.models.tuned else asker.base(best),
            elsewhere=self._elsewhere(others) if self.models.tuned else {},
        )

    def _examples(self) -> int:
        """What the tuned model learnt from, else what it could learn from."""
        tuned = self.models.tuned
        run = None if tuned is None else run_of(Path(tuned.name))
        return int(run.facts.get("examples", self.train.height)) if run else self.train.height

    def _asker(self, items: Items, memory: Memory) -> Asker:
        return Asker(
            models=self.models,
            items=items,
            memory=memory,
            limits=self.asking.limits,
            seed=self.settings.seed,
        )

    def _ways(self) -> tuple[dict[Way, float], dict[Way, int]]:
        """Of each way to ask the base the bits per character on dev, of training records where there is no dev; and of
        those that leave no room for a question the tokens that they take without one."""
        split: Split = "dev" if self.dataset.count("dev") else "train"
        if split == "train":
            self.watcher.note(f"{self.dataset.name}: no dev split; the base's way of asking is chosen on train records")
        chosen = held_out(self.dataset, split, most=self.settings.dev_items, seed=self.settings.seed)
        memory = self.memory
        if split == "train":
            memory = Memory(self.train.filter(~pl.col("record").is_in(chosen.numbers)))
        asker = self._asker(chosen, memory)
        examples = min(self.settings.examples, len(memory.questions))
        found: dict[Way, float] = {}
        untried: dict[Way, int] = {}
        for way in ways_of(self.dataset.domain, self._trained_wording(), examples=examples):
            try:
                asked = asker.base(way)
            except NoRoom as error:
                if way == BARE:
                    raise
                self.watcher.note(f"{base_name(way)} is not tried: {error}")
                untried[way] = error.taken
                continue
            rows = self.cells.bits(asked)
            found[way] = sum(row.bits for row in rows) / sum(row.characters for row in rows)
        return found, untried

    def _trained_wording(self) -> Wording:
        return self.asking.wording if self.models.tuned else PLAIN

    def _bits(self, asker: Asker, best: Way) -> tuple[dict[str, Array], Array]:
        rows = {
            "bare": self.cells.bits(asker.base(BARE)),
            "best": self.cells.bits(asker.base(best)),
            "best shuffled": self.cells.bits(asker.base(best, shuffled=True)),
        }
        if self.models.tuned:
            sides: Mapping[str, Side] = {"own": "base", "tuned": "tuned"}
            for name, side in sides.items():
                rows[name] = self.cells.bits(asker.as_trained(side, self.asking))
                rows[f"{name} shuffled"] = self.cells.bits(asker.as_trained(side, self.asking, shuffled=True))
        return {name: bits_of(each) for name, each in rows.items()}, characters_of(rows["bare"])

    def _answers(self, asker: Asker, best: Way, bits: Mapping[str, Array], characters: Array) -> dict[str, Answers]:
        manner = Manner(
            max_new_tokens=self.asking.limits.target, sampling=self.settings.sampling, seed=self.settings.seed
        )
        given: dict[str, Answers] = {}
        if self.models.tuned:
            told = self.cells.answers(asker.as_trained("tuned", self.asking), manner)
            given[TUNED] = _answered(asker.items, told, bits["tuned"], characters)
        told = self.cells.answers(asker.base(best), manner)
        given[base_name(best)] = _answered(asker.items, told, bits["best"], characters)
        without = self._without_a_model(asker)
        return given | {name: _told(asker.items, texts) for name, texts in without.items()}

    def _without_a_model(self, asker: Asker) -> dict[str, list[str]]:
        questions, memory = asker.items.prompts, asker.memory
        found = {COPY: copied(questions)}
        if memory.questions:
            found[RETRIEVAL] = retrieved(memory.search, memory.answers, questions)
            found[ANY] = any_of(memory.answers, len(questions), seed=self.settings.seed)
        return found

    def _elsewhere(self, others: Sequence[PreparedDataset]) -> dict[str, Elsewhere]:
        return {other.name: measure_elsewhere(self.models, other, self.settings, self.cells) for other in others}


def _lengths(records: pl.DataFrame) -> dict[str, dict[int, int]]:
    sides = {"content": "prompt", "summary": "response"}
    return {text: dict(sorted(Counter(records[side].str.len_chars()).items())) for text, side in sides.items()}


def _answered(items: Items, told: Sequence[Answer], bits: Array, characters: Array) -> Answers:
    return Answers(
        prompts=items.prompts,
        references=items.references,
        predictions=[answer.text for answer in told],
        cut=[not answer.finished for answer in told],
        measured={BITS: bits.tolist(), CHARACTERS: characters.tolist()},
    )


def _told(items: Items, texts: Sequence[str]) -> Answers:
    return Answers(prompts=items.prompts, references=items.references, predictions=texts, cut=[False] * len(texts))
