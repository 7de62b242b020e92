"""A model of a job as one that answers: for the health guard while it trains, and for ``do_predict``."""

from collections.abc import Callable, Sequence
from typing import Any

from train.answer.answerer import Answerer, Asking
from train.answer.generate import answers
from train.answer.manner import Manner
from train.data import Data
from train.encoding.default import with_both_sides
from train.families.family import Tokenizer
from train.job import Job
from train.methods.method import Model

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
        answerer = answerer_of(job, model, data.tokenizer)
        prompts = dict(enumerate(answerer.prompts(asked)))
        said = {
            each.record: each.text for batch in answers(answerer, prompts, manner, batch_size=WATCHED) for each in batch
        }
        return [said[record] for record in prompts]

    return ask
