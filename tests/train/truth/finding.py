"""The road that every user takes: a dataset folder, a training, an evaluation, a report with its verdict."""

from pathlib import Path

import prep
from schemas.report import DomainReport
from tests.train.evaluation.datasets import write
from tests.train.truth.base import truth_base
from tests.train.truth.scenarios import Scenario

BATCH = 16


def found(scenario: Scenario, folder: Path, *, seed: int = 0) -> DomainReport:
    """All that is written lies below ``folder``."""
    splits = {"train": scenario.train, "dev": scenario.dev, "test": scenario.test}
    dataset = write(folder / "data" / "asked", scenario.domain, splits)
    others = [write(folder / "data" / "elsewhere", "encyclopedia", {"test": scenario.elsewhere})]
    run = prep.train(
        dataset,
        model=str(truth_base()),
        method="full",
        out=str(folder / "runs"),
        max_source_length=64,
        max_target_length=32,
        do_eval=False,
        learning_rate=scenario.learning_rate,
        max_steps=scenario.steps,
        per_device_train_batch_size=BATCH,
        gradient_accumulation_steps=1,
        seed=seed,
        save_strategy="no",
        report_to="none",
        health_guard=False,
    )
    report = prep.evaluate(
        run,
        others=others if scenario.elsewhere else [],
        out=folder / "evaluations",
        curve=scenario.curve,
        examples=2,
        batch_size=64,
        resamples=2_000,
        seed=seed,
    )
    [domain] = report.domains
    return domain
