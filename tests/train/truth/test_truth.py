"""Trainings whose verdict is known beforehand have that verdict: the whole road, on a tiny base."""

from pathlib import Path

import pytest

from tests.train.truth.answers import KNOWN
from tests.train.truth.finding import found
from tests.train.truth.scenarios import HELD_OUT, SCENARIOS

SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_known_is_found(name: str, seed: int, tmp_path: Path) -> None:
    report = found(SCENARIOS[name](seed), tmp_path, seed=seed)

    wrong = [claim for claim, holds in KNOWN[name].items() if not holds(report)]
    assert not wrong, f"{report.verdict}: {report.reasons['en']} Content: {report.content}"
    assert report.items >= HELD_OUT
