"""Records as the examples of a training, of which one and all losses are shown before anything trains."""

import os
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.dataset import Split
from schemas.errors import DatasetError, ModelError
from train.encoding.default import every_answer, with_both_sides
from train.encoding.examples import Encoded, Examples, require_labels
from train.encoding.kept import encoded_once, key_of
from train.encoding.report import cut_shares, whole_example
from train.families.family import Tokenizer
from train.job import Job
from train.models.tiny.folder import cache_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What is trained on, and what it is evaluated on."""

    tokenizer: Tokenizer
    train: Examples
    dev: Examples | None


def encoded_data(job: Job) -> Data:
    """Encode both splits; the observer sees a whole example, and what the limits cut off.

    Raises DatasetError where there is nothing to train on, and OptionError where every label is hidden.
    """
    tokenizer = job.base.tokenizer(split_special_tokens=job.recipe.split_special_tokens)
    train = _encoded(job, tokenizer, _train_records(job), "train")
    if not len(train.examples):
        raise DatasetError(f"{job.records.name}: no record has both a prompt and an answer; look at the columns")
    require_labels(train)
    job.observer.encoded(whole_example(train, tokenizer), cut_shares(train))
    dev = _dev_records(job)
    evaluated = None if dev is None else teaching(_encoded(job, tokenizer, dev, "dev").examples)
    return Data(
        tokenizer=tokenizer, train=teaching(train.examples), dev=evaluated if evaluated and len(evaluated) else None
    )


def teaching(examples: Examples) -> Examples:
    """Without those of which every label is hidden: a step of nothing else would have no loss, which is not 0."""
    seen = examples.labels_seen() > 0
    return examples if seen.all() else examples.chosen(seen)


def data_to_evaluate(job: Job) -> Data:
    """The records of a dataset's dev split, where nothing is trained; raises DatasetError where there are none."""
    records = _dev_records(job)
    if records is None:
        raise DatasetError(f"{job.records.name}: no records to evaluate on; expected a dev split, or --validation_file")
    tokenizer = job.base.tokenizer(split_special_tokens=job.recipe.split_special_tokens)
    dev = _encoded(job, tokenizer, records, "dev")
    require_labels(dev)
    return Data(tokenizer=tokenizer, train=dev.examples, dev=dev.examples)


def counted_data(job: Job) -> tuple[int, int, npt.NDArray[np.int64] | None]:
    """How many examples there will be, to train and to evaluate on; where the tokenizer is at hand, the lengths of the
    former too."""
    if job.base.folder is not None:
        try:
            data = encoded_data(job)
        except ModelError as error:
            job.observer.note(f"{error}; so nobody can say what the limits cut off")
        else:
            return len(data.train), 0 if data.dev is None else len(data.dev), data.train.lengths
    dev = _dev_records(job)
    return _count(job, _train_records(job)), 0 if dev is None else _count(job, dev), None


def _train_records(job: Job) -> pl.DataFrame:
    records = job.records.split("train")
    if records is None:
        raise DatasetError(f"{job.records.name}: no records to train on; expected a train split, or a --train_file")
    return records


def _dev_records(job: Job) -> pl.DataFrame | None:
    return job.records.split("dev") if job.recipe.do_eval else None


def _encoded(job: Job, tokenizer: Tokenizer, records: pl.DataFrame, split: Split) -> Encoded:
    recipe = job.recipe
    options: dict[str, Any] = {
        "encoding": recipe.encoding,
        "loss": recipe.loss,
        "wording": job.wording,
        "ignore_pad_token_for_loss": recipe.ignore_pad_token_for_loss,
    }

    def encode() -> Encoded:
        return job.base.family.encode(records, tokenizer, job.limits(split), **options)

    if job.base.folder is None:
        return encode()
    made_of = {
        **options,
        "limits": asdict(job.limits(split)),
        "family": job.base.family.name,
        "split_special_tokens": recipe.split_special_tokens,
        "columns": (recipe.prompt_column, recipe.response_column, recipe.history_column),
        "records": (job.records.hashes[split], records.height),
    }
    place = cache_folder(os.environ) / "encoded"
    return encoded_once(place, key_of(job.base.folder, made_of), encode, records=records.height)


def _count(job: Job, records: pl.DataFrame) -> int:
    return with_both_sides(every_answer(records) if job.recipe.loss == "all" else records).height
