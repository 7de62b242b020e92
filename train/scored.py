"""Answers of a job's model to a split, and their official scores: ``do_predict`` and ``predict_with_generate``."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from schemas.dataset import Split
from schemas.errors import DatasetError
from train.answer.answerer import Answerer
from train.answer.generate import Answer
from train.answer.manner import Manner
from train.asked import answerer_of
from train.distributed.helpers import help_out, leading
from train.encoding.default import with_both_sides
from train.evaluation.together import Ready, answers_by_all, asking_tasks
from train.families.family import Tokenizer
from train.job import Job
from train.methods.method import Model
from train.metrics.metric import Answers, Score
from train.metrics.official import official_names, official_scores
from train.run_folder import PREDICTED, PREDICTIONS, write_json

Scores = dict[str, list[dict[str, Any]]]
"""Of a split, as ``run.json`` holds them."""


def scores_of(job: Job, model: Model, tokenizer: Tokenizer) -> Scores:
    """Whatever of it the recipe asks for; the answers to the test records stand in the job's folder.

    Every process has to come here with the whole model; those that only help have no scores.
    """
    dev = job.recipe.do_eval and job.recipe.predict_with_generate and job.records.split("dev") is not None
    found: Scores = {}
    if not (dev or job.recipe.do_predict):
        return found
    if not job.processes.is_first:
        ready = Ready(answerer_of(job, model.eval(), tokenizer))
        help_out(asking_tasks(lambda _: ready))
        return found
    with leading() if job.processes.count > 1 else nullcontext():
        if dev:
            found["dev"] = _plain(official_scores(_answers(job, model, tokenizer, "dev")))
        if job.recipe.do_predict:
            found["test"] = _plain(predict(job, model, tokenizer))
    return found


def score_lines(scores: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """For people: ``test: 28.40 (ROUGE-L|tok:jieba|f:1|empty:0|n:1043|prep:0.1)``."""
    for split, each in scores.items():
        yield from (f"{split}: {Score(**values)}" for values in each)


def predict(job: Job, model: Model, tokenizer: Tokenizer) -> list[Score]:
    """Answer the test records as the official script does, into files of its names in the job's folder."""
    told = _answers(job, model, tokenizer, "test")
    pairs = zip(told.references, told.predictions, strict=True)
    lines = [json.dumps({"labels": label, "predict": answer}, ensure_ascii=False) + "\n" for label, answer in pairs]
    scores = official_scores(told)
    job.folder.mkdir(parents=True, exist_ok=True)
    _write(job.folder / PREDICTIONS, "".join(lines))
    named = official_names(scores, "predict")
    write_json(job.folder / PREDICTED, {**named, "predict_samples": len(told), "scores": _plain(scores)})
    return scores


def _answers(job: Job, model: Model, tokenizer: Tokenizer, split: Split) -> Answers:
    """Raises DatasetError where there are no records."""
    records = job.records.split(split)
    if records is None:
        raise DatasetError(f"{job.records.name}: no records to answer; expected a test split, or a --test_file")
    asked = with_both_sides(records)
    if left_out := records.height - asked.height:
        job.observer.note(
            f"{left_out} of {records.height} {split} records have no prompt or no answer and are not asked"
        )
    manner = Manner(
        max_new_tokens=job.limits(split).target,
        sampling="official" if job.recipe.encoding == "official" else "greedy",
        num_beams=job.recipe.num_beams,
        seed=int(job.arguments.seed),
    )
    answerer = answerer_of(job, model.eval(), tokenizer)
    said = _said(answerer, asked, manner, job.arguments.per_device_eval_batch_size)
    return Answers(
        prompts=[str(text) for text in asked["prompt"]],
        references=[str(text) for text in asked["response"]],
        predictions=[each.text for each in said],
        cut=[not each.finished for each in said],
    )


def _said(answerer: Answerer, records: pl.DataFrame, manner: Manner, batch_size: int) -> list[Answer]:
    """In the order of the records."""
    prompts = dict(enumerate(answerer.prompts(records)))
    batches = answers_by_all(Ready(answerer), "tuned", answerer.asking, prompts, manner, batch_size=batch_size)
    done = {each.record: each for batch in batches for each in batch}
    return [done[record] for record in prompts]


def _plain(scores: Sequence[Score]) -> list[dict[str, Any]]:
    return [asdict(score) for score in scores]


def _write(path: Path, text: str) -> None:
    beside = path.with_suffix(".partial")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
