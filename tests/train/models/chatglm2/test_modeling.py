"""The model as a citizen of transformers: names, files, number formats, and no waiting for the device."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch._subclasses.fake_tensor import FakeTensorMode

from tests.train.models.chatglm2.tiny import NAMES, TOLERANCE, cases, config, model, weights
from train.models.attention import quick_kernels
from train.models.chatglm2.attention import attend
from train.models.chatglm2.modeling import ChatGLM2ForCausalLM

every_model = pytest.mark.parametrize("name", NAMES)


@every_model
def test_the_state_dict_has_the_official_names(name: str) -> None:
    assert model(name).state_dict().keys() == weights(name).keys()


def test_the_full_size_has_the_official_shapes_and_number_of_parameters() -> None:
    with torch.device("meta"):
        full = ChatGLM2ForCausalLM(type(config("v2_base"))(pre_seq_len=128))

    shapes = {key: tuple(weight.shape) for key, weight in full.named_parameters()}
    layer = "transformer.encoder.layers.27"
    prefix = "transformer.prefix_encoder.embedding.weight"
    assert shapes[f"{layer}.self_attention.query_key_value.weight"] == (4608, 4096)
    assert shapes[f"{layer}.self_attention.query_key_value.bias"] == (4608,)
    assert shapes[f"{layer}.mlp.dense_h_to_4h.weight"] == (27_392, 4096)
    assert shapes["transformer.output_layer.weight"] == (65_024, 4096)
    assert shapes[prefix] == (128, 14_336)
    assert sum(weight.numel() for key, weight in full.named_parameters() if key != prefix) == 6_243_584_000


@every_model
def test_a_saved_model_loads_with_the_same_logits(name: str, tmp_path: Path) -> None:
    ids = cases(name)["single/input_ids"]
    tiny = model(name)

    tiny.save_pretrained(tmp_path)
    loaded, report = ChatGLM2ForCausalLM.from_pretrained(tmp_path, output_loading_info=True)

    with safe_open(tmp_path / "model.safetensors", framework="pt") as file:
        assert set(file.keys()) == weights(name).keys()
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert torch.equal(loaded.eval()(ids).logits, tiny(ids).logits)


def test_a_prefix_that_a_checkpoint_lacks_starts_as_the_official_one_does(tmp_path: Path) -> None:
    model("v2_base").save_pretrained(tmp_path)

    torch.manual_seed(0)
    loaded = ChatGLM2ForCausalLM.from_pretrained(tmp_path, pre_seq_len=64)

    table = loaded.transformer.prefix_encoder.embedding.weight
    assert table.shape == (64, 256)
    assert abs(table.std() - 1) < 0.05
    assert torch.equal(loaded.transformer.output_layer.weight, weights("v2_base")["transformer.output_layer.weight"])


def test_the_vocabulary_s_projection_is_not_tied() -> None:
    tiny = model("v2_base")

    assert tiny.get_output_embeddings().weight is not tiny.get_input_embeddings().weight


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float16, 0.03), (torch.bfloat16, 0.2)])
@every_model
@torch.no_grad()
def test_half_precision_stays_close_to_float32(name: str, dtype: torch.dtype, tolerance: float) -> None:
    expected, tiny = cases(name), model(name)
    inputs = {
        "input_ids": expected["leftpad/input_ids"],
        "attention_mask": expected["leftpad/attention_mask"],
        "positions": expected["leftpad/position_ids"],
    }
    exact = tiny(**inputs).logits

    logits = tiny.to(dtype)(**inputs).logits

    assert logits.dtype == dtype
    assert (logits.float() - exact).abs().mean() < tolerance


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_the_norm_rounds_as_the_reference_s(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    norm = model("v2_base").transformer.encoder.final_layernorm.to(dtype)
    states = (30 * torch.randn(50, 64, generator=generator)).to(dtype)

    found = norm(states)

    variance = states.float().pow(2).mean(-1, keepdim=True)
    expected = (norm.weight * (states * torch.rsqrt(variance + 1e-5))).to(dtype)
    torch.testing.assert_close(found, expected, rtol=2 * torch.finfo(dtype).eps, atol=0)


@every_model
def test_a_forward_pass_never_looks_at_a_value_on_the_host(name: str) -> None:
    """Fake tensors have no values: any ``.item()``, ``.tolist()`` or ``if tensor`` fails."""
    with FakeTensorMode():
        tiny = ChatGLM2ForCausalLM(config(name)).eval()
        ids, mask = torch.ones(2, 9, dtype=torch.long), torch.ones(2, 9, dtype=torch.long)

        output = tiny(ids, attention_mask=mask, labels=ids, use_cache=True)
        step = tiny(ids[:, :1], attention_mask=torch.ones(2, 10), past_key_values=output.past_key_values)

    assert output.logits.shape == (2, 9, 1280)
    assert step.logits.shape == (2, 1, 1280)


@every_model
@torch.no_grad()
def test_embeddings_may_take_the_place_of_ids(name: str) -> None:
    ids, tiny = cases(name)["single/input_ids"], model(name)

    logits = tiny(inputs_embeds=tiny.get_input_embeddings()(ids)).logits

    assert torch.equal(logits, tiny(ids).logits)


@torch.no_grad()
def test_padding_after_the_tokens_changes_nothing_with_or_without_a_mask() -> None:
    ids, tiny = cases("v2_base")["single/input_ids"], model("v2_base")
    padded = torch.nn.functional.pad(ids, (0, 5))

    unmasked = tiny(padded).logits
    masked = tiny(padded, attention_mask=padded.ne(0).long()).logits

    assert masked.isfinite().all()
    for logits in (unmasked, masked):
        assert (logits[:, : ids.shape[1]] - tiny(ids).logits).abs().max() <= TOLERANCE


@torch.no_grad()
def test_only_the_logits_asked_for_are_computed() -> None:
    ids, tiny = cases("v2_base")["single/input_ids"], model("v2_base")
    logits = tiny(ids).logits

    torch.testing.assert_close(tiny(ids, logits_to_keep=3).logits, logits[:, -3:])
    torch.testing.assert_close(tiny(ids, logits_to_keep=torch.tensor([4, 9])).logits, logits[:, [4, 9]])


@pytest.mark.parametrize(("queries", "keys"), [(1, 7), (7, 7)])
def test_grouped_heads_attend_as_if_each_had_keys_of_its_own(queries: int, keys: int) -> None:
    generator = torch.Generator().manual_seed(0)
    asked = torch.randn(2, 6, queries, 8, generator=generator)
    known, told = torch.randn(2, 2, 2, keys, 8, generator=generator).unbind()
    visible = torch.rand(2, 1, queries, keys, generator=generator) > 0.3
    visible[..., 0] = True

    found = attend(asked, known, told, visible)

    scores = asked @ known.repeat_interleave(3, dim=1).transpose(-1, -2) / 8**0.5
    expected = scores.masked_fill(~visible, -torch.inf).softmax(-1) @ told.repeat_interleave(3, dim=1)
    torch.testing.assert_close(found, expected)


def test_the_vocabulary_can_grow() -> None:
    tiny = model("v2_base")

    tiny.resize_token_embeddings(1300)

    assert tiny.config.padded_vocab_size == 1300
    assert tiny(torch.tensor([[1299]])).logits.shape == (1, 1, 1300)


def test_kernels_that_plan_every_new_length_are_left_to_training() -> None:
    enabled = torch.backends.cuda.cudnn_sdp_enabled()

    with torch.no_grad(), quick_kernels():
        assert not torch.backends.cuda.cudnn_sdp_enabled()
        assert torch.backends.cuda.flash_sdp_enabled()
    with quick_kernels():
        assert torch.backends.cuda.cudnn_sdp_enabled() == enabled
