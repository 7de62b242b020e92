"""Two processes that share a model train it as one process does, whichever way they share it."""

import importlib.util
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from schemas.run import Run
from tests.train.distributed.launching import launched
from tests.train.runs import curve, recipe
from train.recipe.recipe import Recipe
from train.run import train

WITH_DEEPSPEED = pytest.mark.skipif(importlib.util.find_spec("deepspeed") is None, reason="deepspeed is not installed")
SETTINGS: dict[str, dict[str, Any]] = {
    "full": {},
    "lora": {},
    "p_tuning_v2": {"pre_seq_len": 4, "prefix_dropout": 0.0},
    "prefix_tuning": {"pre_seq_len": 4, "prefix_dropout": 0.0},
    "p_tuning": {"num_virtual_tokens": 4},
    "freeze": {"num_layer_trainable": 1},
    "adapter": {},
    "lst": {},
}
ZERO_2 = {
    "train_micro_batch_size_per_gpu": "auto",
    "zero_allow_untested_optimizer": True,
    "fp16": {"enabled": "auto", "loss_scale": 0, "initial_scale_power": 16, "loss_scale_window": 1000},
    "zero_optimization": {"stage": 2, "allgather_bucket_size": 5e8, "reduce_bucket_size": 5e8, "overlap_comm": False},
}
"""As the official script of ChatGLM-6B has it."""
ZERO_3 = {
    "train_batch_size": "auto",
    "train_micro_batch_size_per_gpu": "auto",
    "gradient_accumulation_steps": "auto",
    "gradient_clipping": 1.0,
    "bf16": {"enabled": "auto"},
    "zero_optimization": {"stage": 3, "overlap_comm": True, "stage3_param_persistence_threshold": 0},
}
"""As Baichuan2's has it; here even the smallest weights are divided."""


def _recipe(folder: Path, model: Path, method: str, *, accumulation: int = 2, **training: Any) -> Recipe:
    rhythm = {"max_steps": 5, "save_strategy": "steps", "save_steps": 3, "gradient_accumulation_steps": accumulation}
    options: dict[str, Any] = {"method": method, "settings": SETTINGS[method], "max_train_samples": 16}
    return recipe(folder, model, **options, training={**rhythm, "learning_rate": 1e-2, **training})


def _assert_alike(shared: Run, alone: Run) -> None:
    assert shared.facts["devices"] == 2
    together, single = _losses(shared), _losses(alone)
    assert together == pytest.approx(single, rel=1e-4)
    for file in alone.adapter.glob("*.safetensors"):
        ours, theirs = load_file(shared.adapter / file.name), load_file(file)
        assert ours.keys() == theirs.keys()
        if alone.facts["method"] != "lora":  # whose first gradients are all but 0, so that AdamW's steps are noise
            for name in ours:
                torch.testing.assert_close(ours[name], theirs[name], atol=2e-4, rtol=1e-3)


def _losses(run: Run) -> list[float]:
    return [row["loss"] for row in curve(run.path) if "loss" in row]


def as_file(folder: Path, config: dict[str, Any]) -> str:
    path = folder / f"ds_config_{config['zero_optimization']['stage']}.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return str(path)


def _check(tmp_path: Path, model: Path, wrapper: str, ways: Mapping[str, Mapping[str, Any]]) -> None:
    """Of each method how it is shared: trained alone, and by two processes."""
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    for method in ways:
        train(_recipe(alone / method, model, method, accumulation=4))

    done = launched(shared, *(_recipe(shared / method, model, method, **way) for method, way in ways.items()))

    assert done.returncode == 0, done.stderr[-4000:]
    for method in ways:
        together, single = (Run.open(folder / method / "runs/run") for folder in (shared, alone))
        assert together.facts["wrapper"].startswith(wrapper)
        _assert_alike(together, single)


def test_fsdp(tmp_path: Path, model_folder: Path) -> None:
    _check(tmp_path, model_folder, "FSDP", {each: {"fsdp": "true"} for each in ("full", "lora", "p_tuning_v2")})


@pytest.mark.slow
def test_fsdp_with_every_other_method(tmp_path: Path, model_folder: Path) -> None:
    methods = ("prefix_tuning", "p_tuning", "freeze", "adapter", "lst")

    _check(tmp_path, model_folder, "FSDP", {each: {"fsdp": "true"} for each in methods})


@WITH_DEEPSPEED
def test_zero(tmp_path: Path, model_folder: Path) -> None:
    two, three = ({"deepspeed": as_file(tmp_path, config)} for config in (ZERO_2, ZERO_3))

    _check(tmp_path, model_folder, "DeepSpeedEngine", {"full": two, "p_tuning_v2": three, "lora": three})


@pytest.mark.slow
@WITH_DEEPSPEED
@pytest.mark.parametrize("config", [ZERO_2, ZERO_3], ids=["zero_2", "zero_3"])
def test_zero_with_every_other_method(tmp_path: Path, model_folder: Path, config: dict[str, Any]) -> None:
    methods = ("full", "p_tuning_v2", "prefix_tuning", "p_tuning", "freeze", "adapter")
    way = {"deepspeed": as_file(tmp_path, config)}

    _check(tmp_path, model_folder, "DeepSpeedEngine", dict.fromkeys(methods, way))


def test_shared_training_goes_on_as_if_nothing_had_happened(tmp_path: Path, model_folder: Path) -> None:
    _goes_on(tmp_path, _recipe(tmp_path, model_folder, "p_tuning_v2", fsdp="true"))


@pytest.mark.slow
@WITH_DEEPSPEED
@pytest.mark.parametrize("config", [ZERO_2, ZERO_3], ids=["zero_2", "zero_3"])
def test_zero_goes_on_as_if_nothing_had_happened(tmp_path: Path, model_folder: Path, config: dict[str, Any]) -> None:
    _goes_on(tmp_path, _recipe(tmp_path, model_folder, "lora", deepspeed=as_file(tmp_path, config)))


def _goes_on(folder: Path, wanted: Recipe) -> None:
    run = folder / "runs/run"
    assert launched(folder, wanted).returncode == 0
    whole, losses = _weights(run), curve(run)
    (run / "run.json").unlink()
    shutil.rmtree(run / "checkpoint-5")
    shutil.rmtree(run / "adapter")

    done = launched(folder, replace(wanted, resume=True))

    assert done.returncode == 0, done.stderr[-4000:]
    assert (_weights(run), curve(run)) == (whole, losses)


def _weights(run: Path) -> bytes:
    return next((run / "adapter").glob("*.safetensors")).read_bytes()
