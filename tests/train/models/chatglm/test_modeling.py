"""What the model keeps to beyond the reference: precisions, no waiting for the device, only the logits asked for."""

from typing import Any

import pytest
import torch

from tests.train.models.chatglm.tiny import cases, model
from train.models.chatglm import modeling
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.modeling import ChatGLMForCausalLM
from train.models.chatglm.positions import layout, visible_keys


def tiny_of_our_own(**fields: Any) -> ChatGLMForCausalLM:
    torch.manual_seed(0)
    sizes = {"vocab_size": 32, "hidden_size": 32, "inner_hidden_size": 64, "num_layers": 2, "num_attention_heads": 2}
    special = {"bos_token_id": 12, "eos_token_id": 13, "mask_token_id": 10, "gmask_token_id": 11}
    return ChatGLMForCausalLM(ChatGLM1Config(**sizes, **special, **fields)).eval()


IDS = torch.tensor([[3, 3, 5, 11, 12, 6, 7], [5, 6, 7, 11, 12, 8, 9]])
PADDING = IDS.ne(3).long()


@pytest.mark.parametrize("inputs", ["ids", "padding", "step"])
def test_a_forward_pass_never_reads_a_value_of_the_device(inputs: str) -> None:
    """On the meta device there are no values: whoever asks for one fails."""
    tiny = tiny_of_our_own(pre_seq_len=2).to("meta")
    ids, padding = IDS.to("meta"), PADDING.to("meta")
    first = tiny(ids, attention_mask=padding if inputs == "padding" else None, labels=ids, use_cache=True)
    if inputs == "step":
        places = layout(ids, tiny.config)
        first = tiny(ids[:, :1], past_key_values=first.past_key_values, positions=places["positions"][..., -1:])

    assert first.logits.is_meta


@torch.no_grad()
def test_the_mask_is_made_once_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr(modeling, "visible_keys", lambda *args, **named: made.append(1) or visible_keys(*args, **named))

    tiny_of_our_own()(IDS)

    assert len(made) == 1


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@torch.no_grad()
def test_half_precisions_stay_near_float32(dtype: torch.dtype) -> None:
    tiny, ids = model("v1_base"), cases("v1_base")["len200/input_ids"]
    exact = tiny(ids).logits

    rounded = tiny.to(dtype)(ids).logits

    assert rounded.dtype == dtype
    assert rounded.isfinite().all()
    agreement = torch.nn.functional.cosine_similarity(rounded.float(), exact, dim=-1)
    assert agreement.min() > (0.999 if dtype == torch.float16 else 0.97)


def test_a_float32_prefix_trains_a_half_precision_base() -> None:
    tiny = tiny_of_our_own(pre_seq_len=2).half()
    tiny.transformer.prefix_encoder.float()

    output = tiny(IDS, labels=IDS)
    output.loss.backward()

    gradient = tiny.transformer.prefix_encoder.embedding.weight.grad
    assert output.logits.dtype == torch.float16
    assert gradient is not None
    assert gradient.dtype == torch.float32
    assert gradient.abs().max() > 0


@torch.no_grad()
def test_padding_gives_no_nan_and_changes_nothing_for_the_tokens() -> None:
    tiny = tiny_of_our_own()

    padded = tiny(IDS, attention_mask=PADDING).logits
    alone = tiny(IDS[:1, 2:]).logits

    assert padded.isfinite().all()
    assert (padded[0, 2:] - alone[0]).abs().max() < 1e-5


@torch.no_grad()
def test_padding_on_the_right_changes_nothing_for_the_tokens() -> None:
    tiny = tiny_of_our_own()
    ids = torch.cat((IDS, torch.full((2, 3), 3)), dim=1)
    mask = torch.cat((torch.ones_like(IDS), torch.zeros(2, 3, dtype=torch.long)), dim=1)

    masked, bare, short = tiny(ids, attention_mask=mask).logits, tiny(ids).logits, tiny(IDS).logits

    assert (masked[:, :7] - short).abs().max() < 1e-5
    assert (bare[:, :7] - short).abs().max() < 1e-5


@torch.no_grad()
def test_only_the_logits_asked_for_are_computed() -> None:
    tiny = tiny_of_our_own()
    whole = tiny(IDS).logits

    assert torch.allclose(tiny(IDS, logits_to_keep=2).logits, whole[:, -2:], atol=1e-6)
    assert torch.allclose(tiny(IDS, logits_to_keep=torch.tensor([0, 3])).logits, whole[:, [0, 3]], atol=1e-6)


@torch.no_grad()
def test_the_loss_can_be_summed_over_the_tokens_of_several_batches() -> None:
    tiny = tiny_of_our_own()
    labels = IDS.masked_fill(IDS < 6, -100)

    mean, summed = tiny(IDS, labels=labels).loss, tiny(IDS, labels=labels, num_items_in_batch=100).loss

    assert torch.isclose(summed * 100, mean * (labels[:, 1:] != -100).sum())


def test_a_step_without_its_positions_is_refused() -> None:
    tiny = tiny_of_our_own()
    cached = tiny(IDS, use_cache=True).past_key_values

    with pytest.raises(ValueError, match="needs its positions"):
        tiny(IDS[:, -1:], past_key_values=cached)


def test_a_plain_tuple_is_given_where_asked_for() -> None:
    loss, logits = tiny_of_our_own()(IDS, labels=IDS, use_cache=False, return_dict=False)

    assert loss.dim() == 0
    assert logits.shape == (2, 7, 32)
