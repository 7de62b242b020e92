"""Fusion combines adapters that were trained before, trains nothing else, and needs their folders no longer."""

import json
import shutil
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from schemas.run import ADAPTER as ADAPTER_FOLDER
from schemas.run import RUN
from tests.train.methods.fusing import SINGLES, finished, fused, single
from tests.train.methods.side import (
    NATIVE,
    answer,
    base,
    checkpoint_activations,
    disturb,
    facts,
    gradients,
    logits,
    take_steps,
    trained,
)
from train.methods.adapter_fusion import ADAPTER_FUSION, Fusion
from train.methods.bottleneck import Bottleneck
from train.methods.saved import load_adapter


@pytest.fixture(scope="module", params=NATIVE)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def adapters(family: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Two single adapters of different shapes, as if trained."""
    folder = tmp_path_factory.mktemp(family)
    return tuple(single(family, folder / str(number), settings, number) for number, settings in enumerate(SINGLES))


def test_it_starts_near_the_mean_of_what_the_adapters_add() -> None:
    torch.manual_seed(0)
    adapters = [disturb(Bottleneck(16, 4, non_linearity="gelu")) for _ in range(3)]
    fusion, hidden = Fusion(16, 8, adapters), torch.randn(2, 5, 16)
    torch.nn.init.zeros_(fusion.key.weight)  # whatever is asked, all are heeded alike

    mean = torch.stack([adapter.change(hidden) for adapter in adapters]).mean(0)

    assert torch.allclose(fusion(hidden), hidden + mean, atol=1e-6)


def test_every_position_heeds_the_adapter_that_its_query_asks_for() -> None:
    torch.manual_seed(0)
    adapters = [disturb(Bottleneck(16, 4, non_linearity="gelu"), seed=seed) for seed in range(2)]
    fusion, hidden = Fusion(16, 16, adapters), 100 * torch.randn(1, 7, 16)
    torch.nn.init.eye_(fusion.query.weight)
    torch.nn.init.eye_(fusion.key.weight)
    changes = torch.stack([adapter.change(hidden) for adapter in adapters], dim=-2)

    shares = fusion.shares(hidden, changes)

    assert shares.shape == (1, 7, 2)
    assert torch.allclose(shares.sum(-1), torch.ones(1, 7))
    best = (hidden.unsqueeze(-2) * changes).sum(-1).argmax(-1)
    assert torch.equal(shares.argmax(-1), best)
    assert len(best.unique()) == 2


def test_only_the_fusion_layers_train(family: str, adapters: tuple[str, ...]) -> None:
    model = fused(family, adapters)
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    start = logits(model, family)

    losses = take_steps(model, family, steps=4)

    moved = {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
    assert moved == trained(model).keys()
    assert {name.partition(".adapter.")[2].partition(".")[0] for name in moved} == {
        "query",
        "key",
        "value_down",
        "value_up",
    }
    assert not torch.equal(logits(model, family), start)
    assert losses[-1] < losses[0]


def test_the_adapters_are_those_of_their_folders_and_drop_nothing(family: str, adapters: tuple[str, ...]) -> None:
    model = fused(family, adapters)

    layers = [module for module in model.modules() if isinstance(module, Fusion)]

    stored = load_file(Path(adapters[1]) / "model.safetensors")
    attention = next(name for name in stored if ".layers.0." in name and ".mlp." not in name and "down.weight" in name)
    found: Any = layers[0].adapters[1]
    assert len(layers) == 8
    assert torch.equal(found.down.weight, stored[attention])
    assert (found.non_linearity, found.dropout.p) == ("relu", 0.0)


def test_a_finished_fusion_needs_the_adapters_folders_no_longer(family: str, tmp_path: Path) -> None:
    adapters = tuple(single(family, tmp_path / f"of {number}", seed=number) for number in range(2))
    model = disturb(fused(family, adapters))
    folder = finished(model, adapters, tmp_path / "fusion")
    for place in adapters:
        shutil.rmtree(place)

    again = load_adapter(base(family), folder, facts(family))

    assert torch.equal(logits(again, family), logits(model, family))
    assert answer(again, family) == answer(model, family) != answer(base(family), family)


def test_a_checkpoint_is_restored_over_the_adapters_folders(
    family: str, adapters: tuple[str, ...], tmp_path: Path
) -> None:
    model = disturb(fused(family, adapters))
    ADAPTER_FUSION.save(model, tmp_path)
    again = disturb(fused(family, adapters), seed=1)

    ADAPTER_FUSION.restore(again, tmp_path)

    assert torch.equal(logits(again, family), logits(model, family))


def test_saved_are_the_fusion_layers_and_copies_of_the_adapters(
    family: str, adapters: tuple[str, ...], tmp_path: Path
) -> None:
    model = disturb(fused(family, adapters))

    folder = finished(model, adapters, tmp_path / "fusion")

    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    saved = load_file(folder / "model.safetensors")
    assert files == ["adapters/0/model.safetensors", "adapters/1/model.safetensors", "method.json", "model.safetensors"]
    assert saved.keys() == trained(model).keys()
    assert all(torch.equal(saved[name], parameter) for name, parameter in trained(model).items())
    for number, place in enumerate(adapters):
        copy, original = (load_file(at / "model.safetensors") for at in (folder / f"adapters/{number}", Path(place)))
        assert copy.keys() == original.keys()
        assert all(torch.equal(copy[name], original[name]) for name in original)


def test_where_the_adapters_came_from_is_written_down(family: str, adapters: tuple[str, ...], tmp_path: Path) -> None:
    folder = finished(fused(family, adapters), adapters, tmp_path / "fusion")

    settings = json.loads((folder / "method.json").read_text(encoding="utf-8"))["settings"]

    digests = [sha256((Path(place) / "model.safetensors").read_bytes()).hexdigest() for place in adapters]
    assert settings["adapters"] == list(adapters)
    assert settings["kept"] == [
        {"bottleneck_size": 8, "non_linearity": "gelu", "sha256": digests[0]},
        {"bottleneck_size": 4, "non_linearity": "relu", "sha256": digests[1]},
    ]


def test_the_adapter_of_a_run_is_found_below_it(family: str, adapters: tuple[str, ...], tmp_path: Path) -> None:
    for number, place in enumerate(adapters):
        shutil.copytree(place, tmp_path / str(number) / ADAPTER_FOLDER)
        (tmp_path / str(number) / RUN).write_text("{}", encoding="utf-8")

    found = fused(family, (str(tmp_path / "0"), str(tmp_path / "1")))
    expected = fused(family, adapters)

    assert torch.equal(logits(found, family), logits(expected, family))


@pytest.mark.parametrize("reentrant", [False, True])
def test_gradient_checkpointing_gives_the_same_gradients(
    family: str, adapters: tuple[str, ...], reentrant: bool
) -> None:
    model = fused(family, adapters)
    take_steps(model, family)
    expected = gradients(model, family)
    checkpoint_activations(model, reentrant=reentrant)

    found = gradients(model, family)

    assert found.keys() == trained(model).keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert all(bool(gradient.any()) for gradient in expected.values())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_over_a_half_precision_base_everything_of_the_fusion_is_in_float32(
    family: str, adapters: tuple[str, ...], dtype: torch.dtype, tmp_path: Path
) -> None:
    model = fused(family, adapters, dtype)
    take_steps(model, family)
    folder = finished(model, adapters, tmp_path / "fusion")

    again = load_adapter(base(family, dtype), folder, facts(family))

    kinds = {".adapter." in name: parameter.dtype for name, parameter in model.named_parameters()}
    assert kinds == {True: torch.float32, False: dtype}
    assert logits(model, family).dtype == dtype
    assert torch.equal(logits(again, family), logits(model, family))
    assert answer(again, family) == answer(model, family)


def test_a_copy_of_a_model_runs_its_own_fusion(family: str, adapters: tuple[str, ...]) -> None:
    model = disturb(fused(family, adapters))
    before = logits(model, family)

    copy = disturb(deepcopy(model), seed=2)

    assert torch.equal(logits(model, family), before)
    assert not torch.equal(logits(copy, family), before)


def test_set_aside_it_leaves_the_base(family: str, adapters: tuple[str, ...]) -> None:
    model = disturb(fused(family, adapters))

    assert ADAPTER_FUSION.off is not None
    with ADAPTER_FUSION.off(model) as untuned:
        found = logits(untuned, family)

    assert torch.equal(found, logits(base(family), family))
