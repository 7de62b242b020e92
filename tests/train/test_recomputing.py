"""Layers that are computed again change nothing but what is kept."""

from typing import Any

import pytest
import torch

from tests.train import small
from train.base import find_base
from train.families.structure import blocks
from train.methods.registry import METHODS, settings_of
from train.recomputing import recompute


def trained(method: str) -> Any:
    torch.manual_seed(0)
    model = small.model(hidden_size=64, inner_hidden_size=256, num_layers=4, pre_seq_len=4, prefix_dropout=0.5).train()
    if method == "freeze":
        for name, weight in model.named_parameters():
            weight.requires_grad_(".layers.2." in name or ".layers.3." in name)
    return model


def gradients(model: Any) -> tuple[torch.Tensor, list[torch.Tensor]]:
    torch.manual_seed(1)
    ids = torch.randint(5, 50, (2, 12))
    ids[:, 5], ids[:, 6] = small.SPECIAL["gmask_token_id"], small.SPECIAL["bos_token_id"]
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    return loss.detach(), [weight.grad for weight in model.parameters() if weight.grad is not None]


@pytest.mark.parametrize("method", ["all", "freeze"])
@pytest.mark.parametrize("count", [1, 2, 9])
def test_loss_and_gradients_stay_the_same(count: int, method: str) -> None:
    plain, again = trained(method), trained(method)
    recompute(again, count)

    loss, wanted = gradients(plain)
    same, found = gradients(again)

    assert same == loss
    for mine, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_only_layers_that_gradients_pass_are_recomputed() -> None:
    model = trained("freeze")
    recompute(model, 1)

    assert [layer.gradient_checkpointing for layer in model.transformer.layers] == [False, False, True, False]


def test_each_layer_more_keeps_less() -> None:
    kept = []
    for count in range(5):
        model = trained("all")
        recompute(model, count)
        kept.append(small.kept_bytes(model, batch=2, length=64))

    assert kept == sorted(kept, reverse=True)
    assert kept[1] - kept[2] == kept[2] - kept[3]


@pytest.mark.parametrize("method", ["lora", "p_tuning_v2"])
@pytest.mark.parametrize("name", ["tiny-baichuan2", "tiny-llama", "tiny-chatglm2"])
def test_layers_are_found_in_every_family_whatever_a_method_put_around_it(name: str, method: str) -> None:
    model = find_base(name).skeleton(METHODS[method], settings_of(METHODS[method], {}), torch.float32)

    recompute(model, 1)

    assert sum(bool(getattr(each, "gradient_checkpointing", False)) for each in blocks(model)) == 1
