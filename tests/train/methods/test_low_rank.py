"""LoRA without a detour over float32: what peft's own layers give, but for the rounding of half precision."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from peft import LoraConfig
from peft.tuners.lora import layer as peft_lora
from torch import Tensor

from tests.train import small
from train.families.chatglm import CHATGLM
from train.methods.lora import LORA
from train.methods.low_rank import LowRank
from train.methods.registry import settings_of
from train.models.fused import SWITCH
from train.models.quantised.linear import place_in_blocks


def adapted(dtype: torch.dtype, **settings: Any) -> Any:
    """Both halves of each adapter count: peft starts the second one at zero."""
    torch.manual_seed(0)
    model: Any = small.model(hidden_size=64, inner_hidden_size=128)
    model.to(dtype)
    given = {"lora_dropout": 0.0, "lora_target": "query_key_value,dense_h_to_4h", **settings}
    tuned = LORA.adapt(model, settings_of(LORA, given), CHATGLM).train()
    torch.manual_seed(1)
    for name, weight in tuned.named_parameters():
        if ".lora_B." in name:
            torch.nn.init.normal_(weight, std=0.1)
    return tuned


def gradients(model: Any) -> dict[str, Tensor]:
    torch.manual_seed(2)
    ids = torch.randint(5, 50, (3, 20))
    ids[:, 8], ids[:, 9] = small.SPECIAL["gmask_token_id"], small.SPECIAL["bos_token_id"]
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    return {"loss": loss.detach().float()} | {name: w.grad for name, w in model.named_parameters() if w.requires_grad}


@pytest.mark.parametrize("settings", [{}, {"lora_dropout": 0.5}, {"peft_config": {"use_rslora": True}}])
def test_loss_and_gradients_are_those_of_peft(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    model = adapted(torch.bfloat16, **settings)
    exact = adapted(torch.float32, **settings)
    layers = [each for each in model.modules() if isinstance(each, LowRank)]
    assert layers
    found = gradients(model)
    model.zero_grad()
    monkeypatch.setitem(SWITCH, "is_on", False)
    theirs = gradients(model)
    if not settings.get("lora_dropout"):  # what is dropped differs with the precision in which it is drawn
        wanted = gradients(exact)
        for name, value in wanted.items():
            apart = float((found[name].float() - value).norm() / value.norm())
            peft_apart = float((theirs[name].float() - value).norm() / value.norm())
            assert apart <= 1.5 * peft_apart + 1e-2, name
    assert all(gradient.dtype == torch.float32 for gradient in found.values())
    torch.testing.assert_close(found["loss"], theirs["loss"], rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize(
    "settings", [{"peft_config": {"use_dora": True}}, {"peft_config": {"lora_bias": True}}, {"lora_dropout": 0.0}]
)
def test_what_is_not_plain_goes_peft_s_way(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """In float32 everything does."""
    dtype = torch.bfloat16 if "peft_config" in settings else torch.float32
    model = adapted(dtype, **settings)

    _forbid(monkeypatch)

    assert len(gradients(model)) > 1


def _merged(layer: LowRank) -> None:
    layer.merge()


def _switched_off(layer: LowRank) -> None:
    layer.enable_adapters(False)


def _one_of_two(layer: LowRank) -> None:
    layer.update_layer("second", 2, lora_alpha=4, config=LoraConfig(r=2))
    layer.set_adapter(["default", "second"])


def _in_parts(layer: LowRank) -> None:
    weight: Any = layer.lora_B["default"].weight
    weight.ds_id = 1


@pytest.mark.parametrize("change", [_merged, _switched_off, _one_of_two, _in_parts])
def test_an_adapter_that_is_not_added_alone_goes_peft_s_way(
    change: Callable[[LowRank], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = adapted(torch.bfloat16)
    for layer in [each for each in model.modules() if isinstance(each, LowRank)]:
        change(layer)

    _forbid(monkeypatch)

    assert model(input_ids=torch.randint(5, 50, (1, 9))).logits.isfinite().all()


def _forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("train.methods.low_rank._Added.apply", unwanted)


def test_what_is_dropped_adds_nothing() -> None:
    found = gradients(adapted(torch.bfloat16, lora_dropout=1 - 1e-9))

    assert all(not gradient.any() for name, gradient in found.items() if ".lora_" in name)


def test_a_quantised_base_takes_it_too() -> None:
    torch.manual_seed(0)
    model: Any = small.model(hidden_size=64, inner_hidden_size=128)
    model.to(torch.bfloat16)
    place_in_blocks(model, 8)
    for layer in model.modules():
        if hasattr(layer, "bits"):
            layer.fill(torch.randn(layer.out_features, layer.in_features) * 0.05, "cpu")
    tuned = LORA.adapt(model, settings_of(LORA, {}), CHATGLM).train()

    found = gradients(tuned)

    assert any(isinstance(each, LowRank) for each in tuned.modules())
    assert all(gradient.isfinite().all() for gradient in found.values())
    assert any(gradient.abs().max() > 0 for name, gradient in found.items() if ".lora_B." in name)


def test_answers_are_peft_s_own() -> None:
    model = adapted(torch.bfloat16).eval()
    ids = torch.randint(5, 50, (1, 9))
    with torch.no_grad():
        ours = model(input_ids=ids).logits
        for layer in [each for each in model.modules() if isinstance(each, LowRank)]:
            layer.__class__ = peft_lora.Linear  # type: ignore[assignment]
        theirs = model(input_ids=ids).logits

    assert torch.equal(ours, theirs)
