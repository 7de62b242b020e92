"""A prefix encoder that a loaded model gets later, and how it is left out again."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from tests.train.models.chatglm import tiny as v1
from tests.train.models.chatglm2 import tiny as v2
from train.families.registry import FAMILIES
from train.models.prefix import PrefixEncoder, train_only_the_prefix

MODELS: dict[str, Callable[[str], Any]] = {"v1": v1.model, "v2": v2.model}
EVERY = pytest.mark.parametrize("generation", MODELS)


@EVERY
@pytest.mark.parametrize("projection", [False, True])
@torch.no_grad()
def test_a_prefix_added_later_is_that_of_loading_with_it(generation: str, projection: bool) -> None:
    name = f"{generation}_prefix" + ("_proj" if projection else "")
    loaded, given = MODELS[generation](name), v1.cases(name)["single/input_ids"]
    base = MODELS[generation](f"{generation}_base")

    base.add_prefix(loaded.config.pre_seq_len, projection=projection)
    fresh = base(given).logits
    base.load_state_dict(loaded.state_dict())

    assert base.state_dict().keys() == loaded.state_dict().keys()
    assert not torch.equal(fresh, loaded(given).logits)
    assert torch.equal(base(given).logits, loaded(given).logits)
    for setting in ("pre_seq_len", "prefix_projection", "prefix_dropout"):
        assert getattr(base.config, setting) == getattr(loaded.config, setting)


@EVERY
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_new_prefix_is_in_float32_with_the_official_initial_values(generation: str, dtype: torch.dtype) -> None:
    base = MODELS[generation](f"{generation}_base").to(dtype).train()

    base.add_prefix(64, dropout=0.3)
    train_only_the_prefix(base)

    table = base.transformer.prefix_encoder.embedding.weight
    assert table.dtype == torch.float32
    assert len(table) == 64
    assert abs(table.std().item() - 1) < 0.05
    assert base.transformer.dropout.p == 0.3
    assert base.transformer.dropout.training
    assert [name for name, weight in base.named_parameters() if weight.requires_grad] == [
        "transformer.prefix_encoder.embedding.weight"
    ]
    assert base.dtype == dtype


@EVERY
@torch.no_grad()
def test_a_prefix_is_left_out_for_a_while(generation: str) -> None:
    base = MODELS[generation](f"{generation}_base")
    ids = v1.cases(f"{generation}_base")["gen_single/input_ids"]
    asked = {"max_new_tokens": 6, "do_sample": False}
    logits, answer = base(ids).logits, base.generate(ids, **asked)
    base.add_prefix(3)
    tuned = base(ids).logits

    with base.without_prefix():
        compared, said = base(ids).logits, base.generate(ids, **asked)

    assert torch.equal(compared, logits)
    assert torch.equal(said, answer)
    assert not torch.equal(tuned, logits)
    assert torch.equal(base(ids).logits, tuned)


@EVERY
@torch.no_grad()
def test_a_model_is_what_it_was_once_its_prefix_is_removed(generation: str) -> None:
    base = MODELS[generation](f"{generation}_base")
    ids, names = v1.cases(f"{generation}_base")["single/input_ids"], base.state_dict().keys()
    logits = base(ids).logits
    base.add_prefix(3, projection=True)

    base.remove_prefix()

    assert base.state_dict().keys() == names
    assert base.config.pre_seq_len is None
    assert not any(isinstance(module, PrefixEncoder | nn.Dropout) for module in base.modules())
    assert torch.equal(base(ids).logits, logits)


@EVERY
@torch.no_grad()
def test_a_second_prefix_takes_the_place_of_the_first(generation: str) -> None:
    base = MODELS[generation](f"{generation}_base")
    base.add_prefix(3)

    base.add_prefix(5, projection=True)

    assert len(base.transformer.prefix_encoder.embedding.weight) == 5
    assert base.config.prefix_projection


@pytest.mark.parametrize(("name", "parameters"), [("chatglm", 29_360_128), ("chatglm2", 1_835_008)])
def test_a_skeleton_gets_a_prefix_without_memory_for_it(name: str, parameters: int) -> None:
    full: Any = FAMILIES[name].skeleton()

    full.add_prefix(128)
    train_only_the_prefix(full)

    assert sum(weight.numel() for weight in full.parameters() if weight.requires_grad) == parameters
    assert full.transformer.prefix_encoder.embedding.weight.is_meta
