"""What is true of every method on every family."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.train.methods.tiny import (
    CASES,
    CONFIGS,
    adapted,
    answer,
    base,
    batch,
    case,
    facts,
    gradients,
    logits,
    train,
    trained,
)
from train.families.registry import FAMILIES
from train.methods.registry import METHODS
from train.methods.saved import FACTS, load_adapter, save_adapter

TESTED_ELSEWHERE = {"adapter_fusion"}
"""It needs adapters that were trained before."""

every_method = pytest.mark.parametrize("name", CASES)
every_family = pytest.mark.parametrize("family", CONFIGS)


def saved(model: Any, name: str, folder: Path) -> Path:
    method, settings = case(name)
    save_adapter(model, method, settings, folder)
    return folder


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """Everything in a folder that holds numbers."""
    found: dict[str, torch.Tensor] = {}
    for path in folder.iterdir():
        if path.suffix == ".safetensors":
            found |= load_file(path)
        if path.suffix == ".bin":
            found |= torch.load(path, weights_only=True)
    return found


def test_no_method_is_forgotten() -> None:
    assert {name for name, _ in CASES.values()} == METHODS.keys() - TESTED_ELSEWHERE


def test_no_family_is_forgotten() -> None:
    assert CONFIGS.keys() == FAMILIES.keys()


@every_method
@every_family
def test_a_step_moves_what_is_trained_and_nothing_else(name: str, family: str) -> None:
    model = adapted(name, family)
    moved = {key: parameter.clone() for key, parameter in trained(model).items()}
    frozen = {key: tensor.clone() for key, tensor in model.named_parameters() if key not in moved}
    before = logits(model, family)

    train(model, name, family)

    assert not torch.equal(logits(model, family), before)
    assert any(not torch.equal(tensor, moved[key]) for key, tensor in trained(model).items())
    assert all(torch.equal(tensor, frozen[key]) for key, tensor in model.named_parameters() if key in frozen)


@every_method
@every_family
def test_what_is_trained_is_in_float32_over_a_base_in_half_precision(name: str, family: str) -> None:
    model = adapted(name, family, torch.float16)

    loss = model.train()(**batch(family)).loss
    loss.backward()

    assert {parameter.dtype for parameter in trained(model).values()} == {torch.float32}
    frozen = {key: tensor for key, tensor in model.named_parameters() if not tensor.requires_grad}
    assert {tensor.dtype for key, tensor in frozen.items() if ".ranknum." not in key} <= {torch.float16}
    assert all(parameter.grad is None or parameter.grad.dtype == torch.float32 for parameter in trained(model).values())
    assert torch.isfinite(loss)


@every_method
@every_family
def test_a_saved_model_comes_back_as_it_was(name: str, family: str, tmp_path: Path) -> None:
    model = train(adapted(name, family), name, family)
    folder = saved(model, name, tmp_path / "adapter")

    again = load_adapter(base(family), folder, facts(family))

    assert not again.training
    assert torch.equal(logits(again, family), logits(model, family))
    assert answer(again, family) == answer(model, family)


@every_method
@every_family
def test_a_model_over_half_precision_comes_back_and_answers(name: str, family: str, tmp_path: Path) -> None:
    model = adapted(name, family, torch.bfloat16)
    folder = saved(model, name, tmp_path / "adapter")

    again = load_adapter(base(family, torch.bfloat16), folder, facts(family))

    tolerance = 0.03 * logits(model, family).abs().max()
    assert (logits(again, family) - logits(model, family)).abs().max() <= tolerance
    assert len(answer(again, family)) > 0


@every_method
@every_family
def test_what_is_saved_is_what_is_trained_and_nothing_more(name: str, family: str, tmp_path: Path) -> None:
    model = adapted(name, family)

    found = weights(saved(model, name, tmp_path / "adapter"))

    expected = trained(model)
    assert sum(tensor.numel() for tensor in found.values()) == sum(tensor.numel() for tensor in expected.values())
    assert {tensor.dtype for tensor in found.values()} == {torch.float32}
    assert (tmp_path / "adapter" / FACTS).is_file()


@every_method
@every_family
def test_training_goes_on_from_what_was_saved(name: str, family: str, tmp_path: Path) -> None:
    method, _ = case(name)
    model = train(adapted(name, family), name, family)
    folder = saved(model, name, tmp_path / "checkpoint")
    again = adapted(name, family, seed=3)

    method.restore(again, folder)

    found, expected = gradients(again, family), gradients(model, family)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], expected[key]) for key in expected)


@every_method
@every_family
def test_gradients_are_the_same_with_activations_computed_twice(name: str, family: str) -> None:
    model = train(adapted(name, family), name, family)
    expected = gradients(model, family)
    model.zero_grad()
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": False})

    found = gradients(model, family)

    assert found.keys() == expected.keys()
    for key, gradient in expected.items():
        assert torch.allclose(found[key], gradient, atol=1e-6), key
        assert gradient.abs().sum() > 0, key


@every_method
@every_family
def test_a_method_trains_under_autocast(name: str, family: str) -> None:
    """What ``bf16: true`` of TrainingArguments does."""
    model = adapted(name, family)
    expected = model.train()(**batch(family)).loss

    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = model.train()(**batch(family)).loss
    loss.backward()

    assert torch.isfinite(loss)
    assert abs(loss - expected) <= 0.2 * expected


@every_method
@every_family
def test_a_model_without_weights_can_be_adapted_to_count_its_parameters(name: str, family: str) -> None:
    method, settings = case(name)
    empty = base(family).to("meta")
    empty.tie_weights()

    model = method.adapt(empty, settings, facts(family))

    expected = trained(adapted(name, family))
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}
    assert {key: parameter.shape for key, parameter in trained(model).items()} == {
        key: parameter.shape for key, parameter in expected.items()
    }
