"""A prefix in front of any model's attention is what the same keys and values in its cache would be."""

from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache

from schemas.errors import OptionError
from train.families.causal import CAUSAL
from train.methods.p_tuning_v2 import PTuningV2, add_prefix
from train.models.attended_prefix import attach_prefix
from train.models.checkpoint import prefix_encoder

LENGTH = 4
SHAPE: dict[str, Any] = {
    "vocab_size": 90,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
MODELS: dict[str, dict[str, Any]] = {
    "llama": {},
    "qwen2": {},
    "qwen3": {"head_dim": 12},
    "mistral": {"head_dim": 8},
    "glm4": {"head_dim": 8, "partial_rotary_factor": 0.5},
    "gemma2": {"head_dim": 8, "sliding_window": 4},
    "phi3": {},
    "qwen3_moe": {"head_dim": 8, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16},
    "deepseek_v3": {
        "num_key_value_heads": 4,
        "kv_lora_rank": 8,
        "q_lora_rank": 8,
        "qk_nope_head_dim": 8,
        "qk_rope_head_dim": 4,
        "v_head_dim": 6,
        "n_routed_experts": 4,
        "num_experts_per_tok": 2,
        "n_group": 1,
        "topk_group": 1,
        "moe_intermediate_size": 16,
        "first_k_dense_replace": 1,
    },
}
EVERY = pytest.mark.parametrize("kind", MODELS)
IN_NO_CACHE = {"gemma2", "deepseek_v3"}
"""The window of the one would move past the prefix; the cache of the other holds no keys, but what they come from."""
IDS = torch.tensor([[5, 6, 7, 8, 9, 10], [11, 12, 13, 14, 15, 16]])


def base(kind: str) -> Any:
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, **{**SHAPE, **MODELS[kind]})
    model = AutoModelForCausalLM.from_config(config).eval()
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return model


def prefixed(kind: str, **settings: Any) -> Any:
    torch.manual_seed(1)
    return add_prefix(base(kind), PTuningV2(pre_seq_len=LENGTH, prefix_dropout=0.0, **settings), CAUSAL).eval()


def in_its_cache(kind: str, tuned: Any) -> DynamicCache:
    """The prefix as the beginning of a cache, for a batch of two."""
    config, rows = tuned.config, prefix_encoder(tuned)()
    heads = config.num_key_value_heads
    size = getattr(config, "head_dim", None) or 8
    table = rows.view(LENGTH, config.num_hidden_layers, 2, heads, size).permute(1, 2, 3, 0, 4)
    cache = DynamicCache()
    for layer, pair in enumerate(table):
        cache.update(*(part[None].expand(2, -1, -1, -1) for part in pair), layer)
    return cache


@pytest.mark.parametrize("kind", [kind for kind in MODELS if kind not in IN_NO_CACHE])
@torch.no_grad()
def test_it_is_what_the_same_numbers_in_the_cache_are(kind: str) -> None:
    tuned = prefixed(kind)
    positions = torch.arange(6).expand(2, -1)

    expected = base(kind)(IDS, past_key_values=in_its_cache(kind, tuned), position_ids=positions).logits

    torch.testing.assert_close(tuned(IDS).logits, expected, rtol=1e-4, atol=1e-5)


@EVERY
@torch.no_grad()
def test_cached_decoding_sees_it_as_the_whole_sequence_does(kind: str) -> None:
    tuned = prefixed(kind)
    whole, cache = tuned(IDS).logits, DynamicCache(config=tuned.config)

    parts = [tuned(IDS[:, :3], past_key_values=cache, use_cache=True).logits]
    parts += [tuned(IDS[:, place : place + 1], past_key_values=cache, use_cache=True).logits for place in (3, 4, 5)]

    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=1e-4, atol=1e-5)


@EVERY
@torch.no_grad()
def test_padding_on_the_left_changes_no_answer(kind: str) -> None:
    tuned = prefixed(kind)
    padded = torch.cat((torch.zeros(2, 3, dtype=torch.long), IDS), dim=1)
    mask = (padded != 0).long()
    options: dict[str, Any] = {"max_new_tokens": 5, "min_new_tokens": 5, "do_sample": False}

    alone = [tuned.generate(row[None], attention_mask=torch.ones_like(row[None]), **options)[0, 6:] for row in IDS]
    together = tuned.generate(padded, attention_mask=mask, **options)[:, 9:]
    beams = tuned.generate(padded, attention_mask=mask, num_beams=2, **options)

    assert torch.equal(together, torch.stack(alone))
    assert beams.shape == (2, 14)


@EVERY
@pytest.mark.parametrize("projection", [False, True])
def test_every_number_of_it_learns_and_nothing_else(kind: str, projection: bool) -> None:
    tuned = prefixed(kind, prefix_projection=projection)

    tuned.train()(IDS, labels=IDS).loss.backward()

    learning = {name for name, weight in tuned.named_parameters() if weight.grad is not None}
    assert learning == {name for name, weight in tuned.named_parameters() if weight.requires_grad}
    assert {name.partition(".")[0] for name in learning} == {"prefix_encoder"}
    gradient = prefix_encoder(tuned).embedding.weight.grad
    assert isinstance(gradient, Tensor)
    assert gradient.abs().sum(0).count_nonzero() > gradient.shape[1] * 0.9


@EVERY
@torch.no_grad()
def test_the_base_is_there_without_it(kind: str) -> None:
    tuned = prefixed(kind)

    tuned.config.pre_seq_len = None

    torch.testing.assert_close(tuned(IDS).logits, base(kind)(IDS).logits, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_a_copy_has_a_prefix_of_its_own() -> None:
    tuned = prefixed("llama")
    before = tuned(IDS).logits
    copy = deepcopy(tuned)

    prefix_encoder(copy).embedding.weight.zero_()

    assert not torch.equal(copy(IDS).logits, before)
    assert torch.equal(tuned(IDS).logits, before)


def test_dropout_falls_on_the_prefix_alone() -> None:
    tuned = add_prefix(base("llama"), PTuningV2(pre_seq_len=LENGTH, prefix_dropout=0.5), CAUSAL)

    with torch.no_grad():
        train = [tuned.train()(IDS).logits for _ in range(2)]
        still = [tuned.eval()(IDS).logits for _ in range(2)]

    assert not torch.equal(*train)
    assert torch.equal(*still)


def test_a_model_whose_attention_takes_nothing_is_refused() -> None:
    model = base("llama")
    type(model)._supports_attention_backend = False
    try:
        with pytest.raises(OptionError, match="LlamaForCausalLM: its attention takes no prefix; choose --method lora"):
            attach_prefix(model, [], 4, projection=False, dropout=0.0)
    finally:
        type(model)._supports_attention_backend = True
