"""Gradients, the prefix encoder and training steps against the reference code."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.train.models.chatglm.tiny import WITH_ALL_LOGITS, cases, meta, model
from train.models.prefix import prefix_keys_and_values, train_only_the_prefix

PREFIXED = pytest.mark.parametrize("name", ["v1_prefix", "v1_prefix_proj"])


def gradients(tiny: nn.Module, name: str, **inputs: Any) -> dict[str, Tensor]:
    expected = cases(name)
    tiny(expected["train/input_ids"], labels=expected["train/labels"], **inputs).loss.backward()
    return {key: value.grad for key, value in tiny.named_parameters() if value.grad is not None}


@pytest.mark.parametrize("name", WITH_ALL_LOGITS)
@pytest.mark.parametrize("checkpointing", ["off", "on", "reentrant"])
def test_gradients_are_those_of_the_reference(name: str, checkpointing: str) -> None:
    expected, norms, tiny = cases(name), meta(name)["train_grad_norms"], model(name)
    if "prefix" in name:
        train_only_the_prefix(tiny)
    if checkpointing != "off":
        switch_on_checkpointing(tiny, reentrant=checkpointing == "reentrant")

    found = gradients(tiny, name)

    assert found.keys() == norms.keys() == set(meta(name)["train_requires_grad"])
    for key, gradient in found.items():
        assert abs(float(gradient.norm()) - norms[key]) <= 1e-4 * max(1.0, norms[key])
        if f"train/grad/{key}" in expected:
            torch.testing.assert_close(gradient, expected[f"train/grad/{key}"], atol=1e-5, rtol=1e-4)


def switch_on_checkpointing(tiny: Any, *, reentrant: bool) -> None:
    """Training mode without dropout, as the reference's gradients were made."""
    newest = getattr(tiny, "activation_checkpointing_enable", None)  # its name from transformers 5.2x on
    (newest or tiny.gradient_checkpointing_enable)({"use_reentrant": reentrant})
    tiny.train()
    for module in tiny.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0


@PREFIXED
def test_a_few_steps_of_adamw_lose_what_the_reference_loses(name: str) -> None:
    expected, tiny = cases(name), model(name)
    train_only_the_prefix(tiny)
    trained = [parameter for parameter in tiny.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-2, weight_decay=0.0)
    losses = []
    for _ in meta(name)["adamw_losses_lr2e-2_clip1_nodropout"]:
        loss = tiny(expected["train/input_ids"], labels=expected["train/labels"]).loss
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())

    # Adam makes full steps of rounding noise: in float64 the projected run ends 1.6e-4 from the reference
    noise = 2e-4 if name == "v1_prefix_proj" else 5e-5
    assert losses == pytest.approx(meta(name)["adamw_losses_lr2e-2_clip1_nodropout"], rel=noise)


@PREFIXED
@pytest.mark.parametrize("dropout", [False, True])
@torch.no_grad()
def test_the_prefix_of_each_layer_is_that_of_the_reference(name: str, dropout: bool) -> None:
    expected, tiny = cases(name), model(name)
    tiny.train(dropout)
    case = "prompt_dropout_seed5" if dropout else "prompt"
    torch.manual_seed(5)

    pairs = prefix_keys_and_values(
        tiny.transformer.prefix_encoder(),
        batch=2,
        layers=4,
        heads=4,
        dropout=tiny.transformer.dropout,
        dtype=torch.float32,
    )

    for layer in (0, 3):
        if f"{case}/layer{layer}" in expected:
            found = torch.stack(pairs[layer]).permute(0, 3, 1, 2, 4)
            torch.testing.assert_close(found, expected[f"{case}/layer{layer}"], atol=1e-5, rtol=1e-5)


@PREFIXED
def test_the_rows_of_a_batch_are_dropped_apart(name: str) -> None:
    tiny = model(name).train()

    keys, _ = prefix_keys_and_values(
        tiny.transformer.prefix_encoder(),
        batch=2,
        layers=4,
        heads=4,
        dropout=tiny.transformer.dropout,
        dtype=torch.float32,
    )[0]

    assert not torch.equal(keys[0], keys[1])


@PREFIXED
def test_only_the_prefix_is_trained_and_stays_in_float32(name: str) -> None:
    tiny = model(name).half()

    train_only_the_prefix(tiny)

    trained = {key: value for key, value in tiny.named_parameters() if value.requires_grad}
    assert trained.keys() == set(meta(name)["train_requires_grad"])
    assert {key: list(value.shape) for key, value in trained.items()} == meta(name)["saved_keys"]
    assert {value.dtype for value in trained.values()} == {torch.float32}
    assert tiny.lm_head.weight.dtype == torch.float16
