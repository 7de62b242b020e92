"""A model of a job as one that answers: for the health guard while it trains, and for ``do_predict``."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from schemas.errors import DatasetError
from train.answer.answerer import Answerer, Asking
from train.answer.generate import answers
from train.answer.manner import Manner
from train.data import Data
from train.encoding.default import with_both_sides
from train.families.family import Tokenizer
from train.job import Job
from train.methods.method import Model
from train.run_folder import PREDICTIONS

WATCHED = 4
"""Prompts that the health guard asks at every evaluation …"""
WATCHED_TOKENS = 64
"""… and tokens that it waits for."""


def answerer_of(job: Job, model: Model, tokenizer: Tokenizer) -> Answerer:
    return Answerer(
        model=model,
        tokenizer=tokenizer,
        family=job.base.family,
        asking=Asking(encoding=job.recipe.encoding, wording=job.wording, limits=job.limits("test")),
        method=job.method.name,
    )


def watched_answers(job: Job, data: Data) -> Callable[[Any], Sequence[str]] | None:
    """Greedy answers to the first prompts that are evaluated on; None where nothing is evaluated."""
    dev = job.records.split("dev")
    if data.dev is None or dev is None:
        return None
    asked = with_both_sides(dev).head(WATCHED)

    def ask(model: Any) -> list[str]:
        manner = Manner(max_new_tokens=min(WATCHED_TOKENS, job.limits("dev").target))
        return _answered(answerer_of(job, model, data.tokenizer), asked, manner, WATCHED)

    return ask


def predict(job: Job, model: Model, tokenizer: Tokenizer) -> Path:
    """Answer the test records as the official script does, into ``generated_predictions.txt`` of the job's folder."""
    test = job.records.split("test")
    if test is None:
        raise DatasetError(f"{job.records.name}: no records to answer; expected a test split, or a --test_file")
    asked = with_both_sides(test)
    if left_out := test.height - asked.height:
        job.observer.note(f"{left_out} of {test.height} test records have no prompt or no answer and are not asked")
    manner = Manner(
        max_new_tokens=job.limits("test").target,
        sampling="greedy" if job.recipe.encoding == "default" else "official",
        num_beams=job.recipe.num_beams,
        seed=int(job.arguments.seed),
    )
    said = _answered(answerer_of(job, model.eval(), tokenizer), asked, manner, job.arguments.per_device_eval_batch_size)
    path = job.folder / PREDICTIONS
    beside = path.with_suffix(".partial")
    pairs = zip(asked["response"], said, strict=True)
    lines = [json.dumps({"labels": label, "predict": answer}, ensure_ascii=False) + "\n" for label, answer in pairs]
    path.parent.mkdir(parents=True, exist_ok=True)
    beside.write_text("".join(lines), encoding="utf-8")
    beside.replace(path)
    return path


def _answered(answerer: Answerer, records: pl.DataFrame, manner: Manner, batch_size: int) -> list[str]:
    """In the order of the records."""
    prompts = dict(enumerate(answerer.prompts(records)))
    batches = answers(answerer, prompts, manner, batch_size=batch_size)
    done = {each.record: each.text for batch in batches for each in batch}
    return [done[index] for index in range(records.height)]
