"""What comes of all parts together, whoever made them: fates, shape, and the error where nothing came."""

import polars as pl

from pipeline.first_pass import FirstPass
from pipeline.funnel import Funnel
from pipeline.job import Job
from pipeline.near.banding import BANDS
from pipeline.near.memory import Memory
from pipeline.options import ConvertOptions
from pipeline.settle import Settled, settle
from pipeline.split_by_file import FILE, with_named_splits
from schemas.errors import OptionError, OutcomeError
from schemas.records import Shape


def settled_keys(keys: pl.DataFrame, job: Job, memory: Memory | None) -> Settled:
    """The fates of these records."""
    if job.options.split_by == FILE:
        keys = with_named_splits(keys, [choice.table.name for choice in job.found.choices])
    stood = None if job.base is None else job.base.fates
    return settle(keys.drop(BANDS, strict=False), job.options, memory, stood)


def require_records(funnel: Funnel) -> None:
    """Raise OutcomeError where there is nothing to train on."""
    funnel.check()
    if not funnel.kept:
        raise OutcomeError(f"nothing came out: {tally(funnel)}")
    if not funnel.splits["train"]:
        raise OutcomeError(
            f"no record for train: only {funnel.kept} came through, and the draw put them into dev and test; "
            "use --dev 0 --test 0"
        )


def tally(funnel: Funnel) -> str:
    """How many rows were read, and the commonest reasons why there are no more records."""
    reasons = funnel.rejected_rows + funnel.rejected_records + funnel.not_a_record
    counted = ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common(4))
    return f"{funnel.read:,} rows read" + (f", {counted}" if counted else "")


def tables_of(job: Job) -> pl.DataFrame:
    """Name and converter of every table, by its number; those that a dataset was made of stand in front."""
    old = [] if job.base is None else [(source["name"], source["converter"]) for source in job.base.sources]
    new = [(choice.table.name, choice.mapped.converter.name) for choice in job.found.choices]
    return pl.DataFrame([*old, *new], schema={"file": pl.String, "converter": pl.String}, orient="row")


def shape_of(first: FirstPass, options: ConvertOptions) -> Shape:
    """The shape of the records on disk; raises OptionError where the one that was asked for cannot hold them."""
    if options.shape == "auto":
        return "chat" if first.has_history else "pair"
    if options.shape == "pair" and first.has_history:
        raise OptionError("--shape pair: some records have a history, which content/summary cannot hold; use chat")
    return options.shape
