"""Packing and the loss without logits change how fast a training is, and nothing else."""

from pathlib import Path
from typing import Any

import pytest
import torch

from schemas.errors import OptionError
from tests.train.runs import curve, recipe, trained
from train.run import train

METHODS: dict[str, dict[str, Any]] = {
    "p_tuning_v2": {"pre_seq_len": 4, "prefix_dropout": 0.0},
    "lora": {"lora_dropout": 0.0},
    "adapter": {},
    "lst": {},
    "freeze": {"num_layer_trainable": 1},
    "full": {},
}


@pytest.mark.parametrize("method", METHODS)
def test_packed_examples_train_as_those_in_rows_of_their_own(tmp_path: Path, model_folder: Path, method: str) -> None:
    settings = METHODS[method]
    plain = trained(
        recipe(tmp_path, model_folder, method=method, settings=settings, name="plain", packing=False, fused_loss=False)
    )

    packed = trained(recipe(tmp_path, model_folder, method=method, settings=settings, name="packed", packing=True))

    wanted, found = curve(plain.path), curve(packed.path)
    assert [row["step"] for row in found] == [row["step"] for row in wanted]
    for one, other in zip(wanted[:-1], found[:-1], strict=True):
        assert other["loss"] == pytest.approx(one["loss"], rel=1e-4)
        assert other["grad_norm"] == pytest.approx(one["grad_norm"], rel=1e-3)


def test_evaluation_averages_over_examples_as_without_packing(tmp_path: Path, model_folder: Path) -> None:
    evaluating = {"eval_strategy": "steps", "eval_steps": 3, "per_device_eval_batch_size": 4}
    settings = {"pre_seq_len": 4, "prefix_dropout": 0.0}
    plain = trained(
        recipe(
            tmp_path, model_folder, settings=settings, name="plain", do_eval=True, fused_loss=False, training=evaluating
        )
    )

    packed = trained(
        recipe(
            tmp_path, model_folder, settings=settings, name="packed", do_eval=True, packing=True, training=evaluating
        )
    )

    losses = [[row["eval_loss"] for row in curve(run.path) if "eval_loss" in row] for run in (plain, packed)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"method": "p_tuning", "settings": {}}, "method p_tuning puts embeddings in front of the tokens"),
        ({"fused_loss": False}, "it goes with fused_loss"),
    ],
)
def test_packing_that_cannot_be_is_refused(
    tmp_path: Path, model_folder: Path, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(OptionError, match=why):
        train(recipe(tmp_path, model_folder, packing=True, **options))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no graphics card that records steps")
@pytest.mark.parametrize("method", METHODS)
def test_replayed_steps_train_as_those_that_are_not(tmp_path: Path, model_folder: Path, method: str) -> None:
    options: dict[str, Any] = {"method": method, "settings": METHODS[method], "packing": True, "dtype": "float16"}
    training = {"use_cpu": False, "fp16": True}
    plain, replayed = (
        trained(recipe(tmp_path, model_folder, name=name, cuda_graphs=graphs, training=training, **options))
        for name, graphs in (("plain", False), ("replayed", True))
    )

    for one, other in zip(curve(plain.path)[:-1], curve(replayed.path)[:-1], strict=True):
        assert other["loss"] == pytest.approx(one["loss"], rel=2e-3)
