"""Answers to a whole file: beside the records' own, in their order, complete or not there at all."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from schemas.errors import DatasetError, PrepError
from train.answer.generate import Answer, Decoding
from train.answer.journal import Facts, Journal
from train.answer.load import Found
from train.answer.manner import Manner
from train.encoding.default import histories, with_both_sides
from train.encoding.examples import Ids
from train.evaluation.models import Models
from train.evaluation.together import answers_by_all
from train.metrics.metric import Answers, Score
from train.metrics.official import official_scores
from train.run_folder import differences, write_json

PREDICTIONS = "generated_predictions.json"
NOT_ASKED = "empty_prompt"
Ask = Callable[[Mapping[int, Ids]], Iterator[list[Answer]]]
_COUNTS = ("records", "cut", "not_asked")


class Watcher(Protocol):
    """Told how far the generation is."""

    def started(self, total: int, done: int) -> None:
        """So many prompts in all, of which a broken-off generation answered some."""

    def answered(self, batch: list[Answer]) -> None:
        """A batch is in the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """A finished file of answers."""

    path: Path
    records: int
    cut: int
    """Answers that the limit ended."""
    not_asked: int
    """Records without a prompt."""
    scores: tuple[Score, ...] = ()
    """The official ones, over the records with a prompt and an answer of their own."""
    is_new: bool = True
    """False where the same file stood there already."""


def predict(
    found: Found,
    records: pl.DataFrame,
    manner: Manner,
    out: Path,
    *,
    inputs: Facts,
    batch_size: int,
    decoding: Decoding = "slots",
    overwrite: bool = False,
    watcher: Watcher,
) -> Predictions:
    """Answer records (columns ``prompt``, ``response``, perhaps ``history``) into ``out``.

    ``inputs`` say where the records come from. A file, finished or not, that was made of others, by another model or
    otherwise is refused, unless it is to be overwritten; the model is loaded only where there is something to do.
    """
    facts = json.loads(json.dumps({**inputs, **found.facts(), **asdict(manner)}))
    with _writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        if overwrite:
            journal_of(out).unlink(missing_ok=True)
        elif out.exists():
            return _unchanged(out, facts)
        journal = Journal(journal_of(out), facts)
    with closing(journal):
        models = Models(found)
        how: Any = {"manner": manner, "batch_size": batch_size, "decoding": decoding}
        asking = partial(answers_by_all, models, "base", found.asking, **how)
        _answer(models, records, asking, journal, watcher)
    with _writing(out):
        return _published(out, records, journal.done, facts)


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PrepError(f"{out}: cannot be written: {error.strerror or error}; choose another --out") from None


def _answer(models: Models, records: pl.DataFrame, asking: Ask, journal: Journal, watcher: Watcher) -> None:
    """Ask what the journal has no answer to."""
    asked = records.with_row_index("record").filter(pl.col("prompt").fill_null("").str.strip_chars() != "")
    waiting = asked.filter(~pl.col("record").is_in(list(journal.done)))
    watcher.started(asked.height, len(journal.done))
    if not waiting.height:
        return
    prompts = models.prompts(waiting.drop("record"), models.base.asking)
    for batch in asking(dict(zip(waiting["record"].to_list(), prompts, strict=True))):
        with _writing(journal.path):
            journal.add(batch)
        watcher.answered(batch)


def _published(out: Path, records: pl.DataFrame, done: Mapping[int, Answer], facts: Facts) -> Predictions:
    """The answers last: where they stand, what they were made of stands beside them."""
    made = Predictions(
        path=out,
        records=records.height,
        cut=sum(not answer.finished for answer in done.values()),
        not_asked=records.height - len(done),
        scores=_scores(records, done),
    )
    counts = {name: getattr(made, name) for name in _COUNTS}
    write_json(_about(out), {"facts": facts, **counts, "scores": [asdict(score) for score in made.scores]})
    _replace(out, (json.dumps(line, ensure_ascii=False) + "\n" for line in _lines(records, done)))
    journal_of(out).unlink(missing_ok=True)
    return made


def _scores(records: pl.DataFrame, done: Mapping[int, Answer]) -> tuple[Score, ...]:
    full = with_both_sides(records.with_row_index("record")).filter(pl.col("record").is_in(list(done)))
    said = [done[record] for record in full["record"]]
    answered = Answers(
        prompts=[str(text) for text in full["prompt"]],
        references=[str(text) for text in full["response"]],
        predictions=[answer.text for answer in said],
        cut=[not answer.finished for answer in said],
    )
    return tuple(official_scores(answered))


def _lines(records: pl.DataFrame, done: Mapping[int, Answer]) -> Iterator[dict[str, Any]]:
    """The official names come first; ``cut`` and ``tokens`` are null where nothing was asked."""
    sides = zip(records["prompt"], records["response"], histories(records).to_list(), strict=True)
    for record, (prompt, response, history) in enumerate(sides):
        answer = done.get(record)
        yield {
            "labels": response or "",
            "predict": answer.text if answer else "",
            "prompt": prompt or "",
            **({"history": history} if "history" in records.columns else {}),
            "tokens": answer.tokens if answer else None,
            "cut": not answer.finished if answer else None,
            "not_asked": None if answer else NOT_ASKED,
        }


def _replace(path: Path, lines: Any) -> None:
    beside = path.with_name(f"{path.name}.writing")
    with beside.open("w", encoding="utf-8") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _unchanged(out: Path, facts: Facts) -> Predictions:
    try:
        about = json.loads(_about(out).read_text(encoding="utf-8"))
        changes = differences(about["facts"], facts)
        if not changes:
            scores = tuple(Score(**score) for score in about.get("scores", ()))
            return Predictions(path=out, is_new=False, scores=scores, **{name: about[name] for name in _COUNTS})
        what = f"made otherwise: {'; '.join(changes)}"
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        what = "in the way, and nothing beside it says what it was made of"
    raise DatasetError(f"{out}: {what}; replace it with --overwrite, or choose another --out")


def journal_of(out: Path) -> Path:
    """Where the answers stand until all are there."""
    return out.with_name(f"{out.stem}.partial.jsonl")


def _about(out: Path) -> Path:
    return out.with_name(f"{out.stem}.about.json")
