"""A batch goes through the model in as few parts as fit, and stays the batch that was asked for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.train.runs import recipe
from train import batch
from train.batch import Lengths, with_fitting_batch
from train.job import Job, job_of
from train.observer import Silent
from train.precision import Machine
from train.processes import Processes

LENGTHS = np.array([10, 20, 30, 40])
CARD = Machine(device=torch.device("cuda"), name="a card", bfloat16=True, tf32=True)


def job(tmp_path: Path, model: Path, **own: Any) -> Job:
    training = {
        "per_device_train_batch_size": 4,
        "gradient_accumulation_steps": 6,
        "optim": own.pop("optim", "adamw_torch"),
    }
    made = job_of(recipe(tmp_path, model, training=training, **own), Silent(), Processes.here())
    return replace(made, machine=CARD)


@pytest.fixture
def _plenty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "free_memory", lambda device: 1 << 40)


@pytest.mark.usefixtures("_plenty")
@pytest.mark.parametrize("asked", [{"batch": "auto"}, {"packing": True}, {"packing": True, "batch": "auto"}])
def test_all_goes_through_at_once_where_it_fits(tmp_path: Path, model_folder: Path, asked: dict[str, Any]) -> None:
    fitted = with_fitting_batch(job(tmp_path, model_folder, **asked), LENGTHS)

    assert (fitted.batches.per_device, fitted.batches.accumulation, fitted.batches.total) == (24, 1, 24)
    assert fitted.arguments.per_device_train_batch_size == 24
    assert fitted.arguments.gradient_accumulation_steps == 1


@pytest.mark.usefixtures("_plenty")
@pytest.mark.parametrize("asked", [{}, {"batch": "given", "packing": True}])
def test_what_is_given_stays(tmp_path: Path, model_folder: Path, asked: dict[str, Any]) -> None:
    fitted = with_fitting_batch(job(tmp_path, model_folder, dtype="float32", **{"packing": False, **asked}), LENGTHS)

    assert (fitted.batches.per_device, fitted.batches.accumulation) == (4, 6)


def test_less_memory_means_more_parts(tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = []
    for free in (1 << 40, 1 << 21, 1 << 20, 1 << 10):
        monkeypatch.setattr(batch, "free_memory", lambda device, free=free: free)
        fitted = with_fitting_batch(job(tmp_path, model_folder, batch="auto"), LENGTHS)
        assert fitted.batches.total == 24
        parts.append(fitted.batches.accumulation)

    assert parts[0] == 1
    assert parts == sorted(parts)
    assert parts[-1] == 24


def test_packed_rows_take_their_mean_and_padded_ones_the_longest() -> None:
    known = Lengths.of(LENGTHS)

    assert known.at_most(64, packed=False) == 40
    assert 25 < known.at_most(64, packed=True) < 32
    assert known.at_most(1, packed=True) == 40


def test_layers_are_recomputed_where_the_smallest_part_does_not_fit(
    tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = job(tmp_path, model_folder, batch="auto")
    layers = asked.base.skeleton(asked.method, asked.settings, asked.precision.base).config.num_hidden_layers
    found = []
    for free in (1 << 40, *range(1 << 20, 1 << 18, -(1 << 12)), 1 << 10):
        monkeypatch.setattr(batch, "free_memory", lambda device, free=free: free)
        found.append(with_fitting_batch(asked, LENGTHS))

    counts = [each.recomputed for each in found]
    assert counts == sorted(counts)
    assert {0, 1, layers} <= {*counts}
    assert all(each.batches.per_device == 1 for each in found if each.recomputed)


@pytest.mark.usefixtures("_plenty")
def test_as_many_layers_are_recomputed_as_the_recipe_says(tmp_path: Path, model_folder: Path) -> None:
    assert with_fitting_batch(job(tmp_path, model_folder, recomputed_layers=1), LENGTHS).recomputed == 1
    assert with_fitting_batch(job(tmp_path, model_folder), LENGTHS).recomputed == 0


@pytest.mark.usefixtures("_plenty")
@pytest.mark.parametrize(
    ("asked", "lengths", "records"),
    [
        ({"packing": True}, LENGTHS, True),
        ({"packing": True}, 100 * LENGTHS, False),
        ({"packing": True, "cuda_graphs": True}, 100 * LENGTHS, True),
        ({"packing": True, "cuda_graphs": False}, LENGTHS, False),
        ({"packing": True, "recomputed_layers": 1}, LENGTHS, False),
        ({"packing": True, "quantization": "int8"}, LENGTHS, True),
        ({"packing": True, "method": "lora", "settings": {}}, LENGTHS, True),
    ],
)
def test_steps_are_recorded_where_batches_are_small(
    tmp_path: Path, model_folder: Path, asked: dict[str, Any], lengths: Any, records: bool
) -> None:
    assert with_fitting_batch(job(tmp_path, model_folder, **asked), lengths).records_steps is records


@pytest.mark.usefixtures("_plenty")
@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"packing": False}, "examples are not packed"),
        ({"packing": True, "recomputed_layers": 1}, "layers are recomputed"),
        (
            {"packing": True, "optim": "galore_adamw_layerwise"},
            "galore_adamw_layerwise steps within the backward pass",
        ),
        (
            {"packing": True, "method": "lora", "settings": {"peft_config": {"peft_type": "IA3"}}},
            "peft_config reaches methods that look at numbers on the way",
        ),
    ],
)
def test_who_asks_for_recorded_steps_hears_why_there_are_none(
    tmp_path: Path, model_folder: Path, asked: dict[str, Any], why: str
) -> None:
    heard: list[str] = []
    asking = job(tmp_path, model_folder, cuda_graphs=True, **asked)

    class Hearing(Silent):
        def note(self, line: str) -> None:
            heard.append(line)

    fitted = with_fitting_batch(replace(asking, observer=Hearing()), LENGTHS)

    assert not fitted.records_steps
    assert heard == [f"cuda_graphs: {why}; steps are not recorded"]
