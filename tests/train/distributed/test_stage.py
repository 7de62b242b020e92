"""What is divided is read off a recipe, whoever divides it."""

import json
from pathlib import Path
from typing import Any

import pytest

from train.distributed.stage import stage_of


@pytest.mark.parametrize(
    ("training", "stage"),
    [
        ({}, 0),
        ({"fsdp": "true"}, 3),
        ({"deepspeed": {"zero_optimization": {"stage": 2}}}, 2),
        ({"deepspeed": {"train_batch_size": "auto"}}, 0),
        ({"deepspeed": "not_there.json"}, 0),
    ],
)
def test_the_stage_of_a_recipe(training: dict[str, Any], stage: int) -> None:
    assert stage_of(training) == stage


def test_the_stage_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "ds.json"
    file.write_text(json.dumps({"zero_optimization": {"stage": 3}}), encoding="utf-8")

    assert stage_of({"deepspeed": str(file)}) == 3
