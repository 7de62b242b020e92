"""On a graphics card the models compute what they compute on the processor, and never make it wait."""

from typing import Any

import pytest
import torch
from torch import Tensor

from train.families.registry import FAMILIES
from train.models.checkpoint import load_model
from train.models.prefix import train_only_the_prefix
from train.models.registration import register
from train.models.room import free_memory

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics card here")

EVERY = pytest.mark.parametrize("family", ["chatglm", "chatglm2"])
COMMON = {"num_layers": 2, "hidden_size": 128, "num_attention_heads": 4}
SIZES: dict[str, dict[str, Any]] = {
    "chatglm": {
        **COMMON,
        "inner_hidden_size": 256,
        "vocab_size": 64,
        "mask_token_id": 10,
        "gmask_token_id": 11,
        "bos_token_id": 12,
        "eos_token_id": 13,
    },
    "chatglm2": {**COMMON, "ffn_hidden_size": 256, "padded_vocab_size": 64, "kv_channels": 32},
}
IDS = torch.tensor([[3, 3, 5, 11, 12, 6, 7], [5, 6, 7, 11, 12, 8, 9]])
PADDING = torch.tensor([[0, 0, 1, 1, 1, 1, 1], [1] * 7])
DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])


def tiny(family: str, **fields: Any) -> Any:
    torch.manual_seed(0)
    made = FAMILIES[family].skeleton()
    return type(made)(type(made.config)(**SIZES[family], **fields)).eval()


def on_the_card(model: Any, dtype: torch.dtype = torch.float32) -> Any:
    moved = model.to(device="cuda", dtype=dtype)
    if model.config.pre_seq_len:
        moved.transformer.prefix_encoder.float()
    return moved


@EVERY
@DTYPES
@pytest.mark.parametrize("padded", [False, True])
@torch.no_grad()
def test_logits_are_those_of_the_processor(family: str, dtype: torch.dtype, padded: bool) -> None:
    mask = PADDING if padded else None
    expected = tiny(family, pre_seq_len=3)(IDS, attention_mask=mask).logits

    found = on_the_card(tiny(family, pre_seq_len=3), dtype)(
        IDS.cuda(), attention_mask=None if mask is None else mask.cuda()
    ).logits

    tolerance = {torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 6e-2}[dtype]
    compared = PADDING.bool() if padded else torch.ones_like(PADDING).bool()
    assert (found.float().cpu() - expected)[compared].abs().max() <= tolerance
    assert found.isfinite().all()


@EVERY
@DTYPES
@pytest.mark.parametrize("laid_out", [False, True])
def test_a_training_step_never_waits_for_the_card(family: str, dtype: torch.dtype, laid_out: bool) -> None:
    model = on_the_card(tiny(family, pre_seq_len=3), dtype).train()
    train_only_the_prefix(model)
    ids = IDS.cuda()
    places = FAMILIES[family].layout(ids, model.config) if laid_out else {}
    model(ids, labels=ids, **places).loss.backward()

    torch.cuda.set_sync_debug_mode("error")
    try:
        model(ids, labels=ids, **places).loss.backward()
    finally:
        torch.cuda.set_sync_debug_mode("default")

    gradient: Tensor = model.transformer.prefix_encoder.embedding.weight.grad
    assert gradient.dtype == torch.float32
    assert gradient.isfinite().all()
    assert gradient.abs().max() > 0


@EVERY
def test_generation_says_what_it_says_on_the_processor(family: str) -> None:
    asked: dict[str, Any] = {"max_new_tokens": 12, "do_sample": False}
    expected = tiny(family).generate(IDS, attention_mask=PADDING, **asked)

    found = on_the_card(tiny(family)).generate(IDS.cuda(), attention_mask=PADDING.cuda(), **asked)

    assert torch.equal(found.cpu(), expected)


@EVERY
@DTYPES
def test_a_folder_is_loaded_onto_the_card_and_gets_a_prefix_there(
    family: str, dtype: torch.dtype, tmp_path: Any
) -> None:
    register()
    tiny(family).save_pretrained(tmp_path)

    model = load_model(tmp_path, dtype=dtype, device="cuda")
    model.add_prefix(4)

    assert {weight.device.type for weight in model.parameters()} == {"cuda"}
    assert model.dtype == dtype
    assert model.transformer.prefix_encoder.embedding.weight.dtype == torch.float32
    assert torch.equal(model.lm_head.weight, model.transformer.word_embeddings.weight) if family == "chatglm" else True


def test_the_memory_of_the_card_is_known() -> None:
    free = free_memory(torch.device("cuda"))

    assert free is not None
    assert free > 2**30
