"""What several processes cannot do together is one line, before anything is loaded."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import OptionError
from tests.train.runs import recipe
from train.distributed.require import require_as_many
from train.run import train


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"do_predict": True},
            r"^fsdp: no process holds the whole model to answer; train first, then prep generate",
        ),
        ({"merge": True, "method": "lora", "settings": {}}, "no process holds the whole model to merge"),
        ({"find_lr": True}, "find it without, then name --learning_rate"),
        (
            {"method": "lora", "settings": {"peft_config": {"peft_type": "ADALORA", "total_step": 9}}},
            "AdaLoRA moves its ranks",
        ),
        ({"training": {"fsdp": "true", "fsdp_config": {"cpu_offload": True}}}, "layers are divided one by one"),
    ],
)
def test_what_weights_in_parts_cannot_do(
    tmp_path: Path,
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    message: str,
) -> None:
    monkeypatch.setenv("RANK", "0")
    wanted = recipe(tmp_path, model_folder, training={"fsdp": "true"})

    with pytest.raises(OptionError, match=message):
        train(replace(wanted, **changes))


def test_who_starts_one_process_only_is_told_how_to_start_several(tmp_path: Path, model_folder: Path) -> None:
    with pytest.raises(OptionError, match=r"^fsdp: nobody has started several processes; expected torchrun"):
        train(recipe(tmp_path, model_folder, training={"fsdp": "true"}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"^deepspeed .*zero.json: no such file; expected a configuration of DeepSpeed, in JSON$"),
        ('{"zero_optimization": {"stage": 9}}', r"^deepspeed: .* stage 9; expected one of 0, 1, 2, 3$"),
        ("stage: 3", r"^deepspeed .*zero.json: not JSON \(Expecting value.*\); expected a configuration of DeepSpeed$"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_configuration_of_deepspeed_is_a_file_of_json(
    tmp_path: Path, model_folder: Path, text: str | None, message: str, dry_run: bool
) -> None:
    if text is not None:
        (tmp_path / "zero.json").write_text(text, encoding="utf-8")
    wanted = recipe(tmp_path, model_folder, training={"deepspeed": str(tmp_path / "zero.json")})

    with pytest.raises(OptionError, match=message):
        train(wanted, dry_run=dry_run)


def test_a_plan_needs_no_processes(tmp_path: Path, model_folder: Path) -> None:
    (tmp_path / "zero.json").write_text("{}", encoding="utf-8")
    wanted = recipe(tmp_path, model_folder, training={"deepspeed": str(tmp_path / "zero.json")})

    assert train(wanted, dry_run=True, devices=2).devices == 2  # type: ignore[union-attr]


@pytest.mark.skipif(importlib.util.find_spec("deepspeed") is None, reason="deepspeed is not installed")
def test_a_file_of_deepspeed_that_says_otherwise_than_the_recipe_is_one_line(
    tmp_path: Path, model_folder: Path
) -> None:
    file = tmp_path / "ds.json"
    file.write_text(json.dumps({"train_micro_batch_size_per_gpu": 3, "zero_optimization": {"stage": 2}}))

    with pytest.raises(OptionError, match=r"^deepspeed: its file and the recipe disagree: train_micro.*=3 vs hf per_"):
        train(recipe(tmp_path, model_folder, training={"deepspeed": str(file)}))


def test_a_checkpoint_in_parts_is_for_as_many_processes(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="4 processes wrote it, each its part, and 2 are to go on"):
        require_as_many(tmp_path, 4, 2)
