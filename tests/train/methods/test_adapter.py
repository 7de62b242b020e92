"""Adapters start as nothing, train alone, and come back as they were."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from schemas.errors import ModelError, OptionError
from tests.train.methods.side import (
    NATIVE,
    answer,
    base,
    batch,
    checkpoint_activations,
    disturb,
    facts,
    gradients,
    logits,
    take_steps,
    trained,
)
from train.methods.adapter import ADAPTER, Adapter
from train.methods.bottleneck import sublayers

SMALL = Adapter(bottleneck_size=8)


def adapted(family: str, settings: Adapter = SMALL, dtype: torch.dtype = torch.float32) -> Any:
    torch.manual_seed(0)
    return ADAPTER.adapt(base(family, dtype), settings, facts(family))


@pytest.mark.parametrize("family", NATIVE)
def test_a_model_starts_as_its_base_and_a_step_changes_it(family: str) -> None:
    model = adapted(family)
    expected = logits(base(family), family)
    before = logits(model, family)

    losses = take_steps(model, family, steps=4)

    assert torch.equal(before, expected)
    assert not torch.equal(logits(model, family), expected)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("family", NATIVE)
def test_an_adapter_stands_after_attention_and_after_the_mlp_of_every_layer(family: str) -> None:
    model = adapted(family)

    names = {name.partition(".layers.")[2].partition(".adapter.")[0] for name in trained(model)}

    attention, _ = facts(family).sublayers(base(family))
    assert names == {f"{layer}.{name}" for layer in range(4) for name in (attention, "mlp")}
    assert sum(parameter.numel() for parameter in trained(model).values()) == 8 * (2 * 64 * 8 + 64 + 8)


def test_what_an_adapter_gets_is_the_sub_layer_s_output_before_the_residual() -> None:
    model = disturb(adapted("chatglm"))
    block = model.transformer.layers[0]
    adapter, raw = block.mlp.adapter, torch.randn(1, 3, 64)

    plain = block.mlp.dense_4h_to_h(nn.functional.gelu(block.mlp.dense_h_to_4h(raw), approximate="tanh"))

    inner = nn.functional.gelu(nn.functional.linear(plain, adapter.down.weight, adapter.down.bias))
    assert torch.allclose(block.mlp(raw), plain + adapter.up(inner), atol=1e-6)


@pytest.mark.parametrize("family", NATIVE)
def test_what_was_saved_gives_the_same_logits_and_answers_on_a_fresh_base(family: str, tmp_path: Path) -> None:
    model = disturb(adapted(family))
    ADAPTER.save(model, tmp_path)

    fresh = adapted(family)
    ADAPTER.restore(fresh, tmp_path)

    assert torch.equal(logits(fresh, family), logits(model, family))
    assert answer(fresh, family) == answer(model, family) != answer(base(family), family)


def test_saved_is_what_was_trained_and_nothing_more(tmp_path: Path) -> None:
    model = disturb(adapted("chatglm"))

    ADAPTER.save(model, tmp_path)

    (file,) = tmp_path.iterdir()
    saved = load_file(file)
    assert saved.keys() == trained(model).keys()
    assert all(torch.equal(saved[name], parameter) for name, parameter in trained(model).items())


@pytest.mark.parametrize("family", NATIVE)
def test_the_weights_of_the_base_keep_their_names(family: str) -> None:
    names = base(family).state_dict().keys()

    adapted_names = adapted(family).state_dict().keys()

    assert names <= adapted_names
    assert all(".adapter." in name for name in adapted_names - names)


@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("family", NATIVE)
def test_gradient_checkpointing_gives_the_same_gradients(family: str, reentrant: bool) -> None:
    model = disturb(adapted(family, Adapter(bottleneck_size=8, adapter_dropout=0.2)))
    torch.manual_seed(1)
    expected = gradients(model, family)
    checkpoint_activations(model, reentrant=reentrant)
    runs = []
    first: Any = facts(family).blocks(model)[0]
    first.mlp.adapter.register_forward_pre_hook(lambda *_: runs.append(1))

    torch.manual_seed(1)
    found = gradients(model, family)

    assert len(runs) == 2
    assert found.keys() == trained(model).keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("family", NATIVE)
def test_over_a_half_precision_base_adapters_are_in_float32(family: str, dtype: torch.dtype, tmp_path: Path) -> None:
    model = adapted(family, dtype=dtype)
    take_steps(model, family)
    ADAPTER.save(model, tmp_path)

    fresh = adapted(family, dtype=dtype)
    ADAPTER.restore(fresh, tmp_path)

    kinds = {name in trained(model): parameter.dtype for name, parameter in model.named_parameters()}
    assert kinds == {True: torch.float32, False: dtype}
    assert logits(model, family).dtype == dtype
    assert torch.equal(logits(fresh, family), logits(model, family))
    assert answer(fresh, family) == answer(model, family)


def test_what_is_generated_with_the_cache_is_what_the_logits_say() -> None:
    model = disturb(adapted("chatglm2"))
    prompt = batch("chatglm2")["input_ids"][:1, :6]

    output = model.eval().generate(prompt, max_new_tokens=6, do_sample=False, eos_token_id=None)

    with torch.no_grad():
        assert torch.equal(model(output).logits[:, 5:-1].argmax(-1), output[:, 6:])


def test_a_copy_of_a_model_runs_its_own_adapters() -> None:
    model = disturb(adapted("chatglm"))
    before = logits(model, "chatglm")

    copy = disturb(deepcopy(model), seed=2)

    assert torch.equal(logits(model, "chatglm"), before)
    assert not torch.equal(logits(copy, "chatglm"), before)


@pytest.mark.parametrize("family", NATIVE)
def test_set_aside_they_leave_the_base(family: str) -> None:
    model = disturb(adapted(family))
    tuned = logits(model, family)

    assert ADAPTER.off is not None
    with ADAPTER.off(model) as untuned:
        found = logits(untuned, family)

    assert torch.equal(found, logits(base(family), family))
    assert torch.equal(logits(model, family), tuned)


def test_dropout_is_of_what_an_adapter_adds_and_of_training_only() -> None:
    model = disturb(adapted("chatglm", Adapter(bottleneck_size=8, adapter_dropout=0.5)))
    adapter, hidden = model.transformer.layers[0].mlp.adapter, torch.zeros(1, 1, 64)
    bias = adapter.eval()(hidden)

    dropped = adapter.train()(hidden)

    assert torch.all((dropped == 0) | torch.isclose(dropped, 2 * bias))
    assert 0 < int((dropped == 0).sum()) < 64


def test_a_skeleton_without_weights_can_be_counted() -> None:
    family = facts("chatglm")

    model = ADAPTER.adapt(family.skeleton(num_layers=2), Adapter(), family)

    assert sum(parameter.numel() for parameter in trained(model).values()) == 4 * (2 * 4096 * 64 + 4096 + 64)
    assert all(parameter.is_meta for parameter in model.parameters())


def test_sub_layers_come_from_the_first_block_on() -> None:
    names = [name for name, _ in sublayers(base("chatglm2"), facts("chatglm2"))]

    assert names[:3] == ["0.self_attention", "0.mlp", "1.self_attention"]


def test_adapters_of_another_size_are_refused(tmp_path: Path) -> None:
    ADAPTER.save(adapted("chatglm"), tmp_path)

    with pytest.raises(ModelError, match=r"adapter\.down\..* is not what is trained"):
        ADAPTER.restore(adapted("chatglm", Adapter(bottleneck_size=4)), tmp_path)


def test_adapters_of_another_family_are_refused(tmp_path: Path) -> None:
    ADAPTER.save(adapted("chatglm2"), tmp_path)

    with pytest.raises(ModelError, match=str(tmp_path)):
        ADAPTER.restore(adapted("chatglm"), tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"bottleneck_size": 0}, "bottleneck_size is 0"), ({"adapter_dropout": 1.0}, "adapter_dropout is 1.0")],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Adapter(**settings)
