"""What a base in 4 or 8 bits can be tuned with, and what is refused in a line."""

from pathlib import Path

import pytest
import torch

from schemas.errors import OptionError
from tests.train.methods import tiny
from tests.train.models.quantised.bases import adapted, base
from tests.train.recipe.building import mistakes
from train.base import count_parameters
from train.estimate import work_of
from train.merge import require_merge
from train.methods.registry import METHODS
from train.models.quantised.linear import layers

WHOLE = ("DoRA", "freeze", "freeze the mlp", "full")
"""What needs the weights of the base."""
ADDING = [name for name in tiny.CASES if name not in WHOLE]
FAMILIES = pytest.mark.parametrize("family", ["chatglm", "chatglm2"])


@FAMILIES
@pytest.mark.parametrize("name", ADDING)
def test_it_trains_over_four_bits_and_comes_back(tmp_path: Path, name: str, family: str) -> None:
    model = adapted(name, family, "int4")
    stored = [layer.weight.clone() for layer in layers(model)]
    before = tiny.logits(model, family)

    tiny.train(model, name, family)
    after = tiny.logits(model, family)
    method, _ = tiny.case(name)
    method.save(model, tmp_path)
    again = adapted(name, family, "int4")
    method.restore(again, tmp_path)

    assert (after - before).abs().max() > 1e-4
    assert torch.equal(tiny.logits(again, family), after)
    assert all(torch.equal(kept, layer.weight) for kept, layer in zip(stored, layers(model), strict=True))


@FAMILIES
@pytest.mark.parametrize("name", ["p_tuning_v2", "lora everywhere"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_it_trains_over_eight_bits_and_half_precision(name: str, family: str, dtype: torch.dtype) -> None:
    model = adapted(name, family, "int8", dtype)

    tiny.train(model, name, family)

    assert {parameter.dtype for parameter in tiny.trained(model).values()} == {torch.float32}
    assert tiny.logits(model, family).isfinite().all()
    assert tiny.answer(model, family)


@pytest.mark.parametrize("name", ["p_tuning_v2", "lora everywhere", "adapter"])
def test_checkpointing_gives_the_same_gradients(name: str) -> None:
    expected = tiny.gradients(adapted(name, "chatglm", "int4"), "chatglm")

    model = adapted(name, "chatglm", "int4")
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": False})
    found = tiny.gradients(model, "chatglm")

    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], expected[key]) for key in expected)


@pytest.mark.parametrize("name", ["p_tuning_v2", "lora everywhere"])
def test_gradients_are_those_over_the_dequantised_weights(name: str) -> None:
    model = adapted(name, "chatglm", "int4")
    whole = tiny.adapted(name, "chatglm")
    target = dict(whole.named_modules())
    for path, layer in model.named_modules():
        if hasattr(layer, "whole_weight"):
            target[path].weight.data.copy_(layer.whole_weight(torch.float32))

    found, expected = tiny.gradients(model, "chatglm"), tiny.gradients(whole, "chatglm")

    for key, gradient in expected.items():
        torch.testing.assert_close(found[key], gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", WHOLE)
def test_what_needs_the_weights_is_refused(name: str) -> None:
    with pytest.raises(OptionError, match=r"needs the weights of the base, which are quantised; use p_tuning_v2 or"):
        adapted(name, "chatglm", "int4")


def test_nothing_is_merged_into_quantised_weights() -> None:
    with pytest.raises(
        OptionError, match=r"--merge: the base is int4, and nothing can be added into quantised weights"
    ):
        require_merge(METHODS["lora"], "int4")
    with pytest.raises(OptionError, match="merge: needs the weights of the base"):
        tiny.case("lora")[0].merge(adapted("lora", "chatglm", "int4"))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (
            "--quantization int4 --method full",
            "quantization int4 with method full: quantised weights cannot train; use",
        ),
        (
            "--quantization_bit 8 --method freeze",
            "quantization int8 with method freeze: quantised weights cannot train",
        ),
        ("--quantization_bit 4 --method lora --merge", "quantization int4 with merge: nothing can be added into"),
        ("--quantization_bit 5", "quantization_bit '5': choose one of: none, int4, int8, nf4, llm-int8, torchao-int8"),
    ],
)
def test_a_recipe_that_cannot_be_says_so_before_anything_is_loaded(flags: str, expected: str) -> None:
    (line,) = mistakes(flags)

    assert expected in line


def test_parameters_and_work_are_counted_as_without_quantisation() -> None:
    plain, small = tiny.base("chatglm"), base("chatglm", "int4")

    whole, packed = (
        work_of(model.requires_grad_(False), batch=1, length=8, checkpointing=False) for model in (plain, small)
    )

    assert count_parameters(small)[1] == count_parameters(plain)[1]
    assert (packed.parameters, packed.element_bytes) == (whole.parameters, whole.element_bytes)
    assert packed.weight_bytes < whole.weight_bytes
