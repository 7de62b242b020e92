"""What is divided is read off a recipe, whoever divides it."""

import json
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import OptionError
from train.distributed.stage import stage_of

LONG = {"zero_optimization": {"stage": 3}, "train_batch_size": "auto", **{f"key_{number}": 0 for number in range(40)}}
"""Longer in base64 than a file's name may be."""


@pytest.mark.parametrize(
    ("training", "stage"),
    [
        ({}, 0),
        ({"fsdp": "true"}, 3),
        ({"deepspeed": {"zero_optimization": {"stage": 2}}}, 2),
        ({"deepspeed": {"train_batch_size": "auto"}}, 0),
    ],
)
def test_the_stage_of_a_recipe(training: dict[str, Any], stage: int) -> None:
    assert stage_of(training) == stage


def test_the_stage_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "ds.json"
    file.write_text(json.dumps({"zero_optimization": {"stage": 3}}), encoding="utf-8")

    assert stage_of({"deepspeed": str(file)}) == 3


def test_the_stage_of_a_configuration_in_base64_as_launchers_send_it() -> None:
    said = urlsafe_b64encode(json.dumps(LONG).encode()).decode()

    assert len(said) > 255
    assert stage_of({"deepspeed": said}) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", r"ds.json: found list; expected an object of JSON$"),
        ('{"zero_optimization": {"stage": "three"}}', r"^deepspeed: .* stage 'three'; expected one of 0, 1, 2, 3$"),
        ('\ufeff{"zero_optimization": {"stage": 3}}', r"ds.json: not JSON \(Unexpected UTF-8 BOM"),
    ],
)
def test_a_file_without_a_stage_of_zero_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "ds.json"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(OptionError, match=message):
        stage_of({"deepspeed": str(file)})
