"""The model as a citizen of transformers: names, files, number formats, and no waiting for the device."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import AutoConfig, AutoModelForCausalLM

from schemas.errors import ModelError
from tests.train.models.baichuan2.tiny import KINDS, TOLERANCE, config, ids, model
from train.models.baichuan2.configuration import Baichuan2Config
from train.models.baichuan2.layers import NormHead
from train.models.baichuan2.modeling import BaichuanForCausalLM
from train.models.baichuan2.rotary import rotary_tables, rotate
from train.models.checkpoint import load_model
from train.models.registration import register

every_kind = pytest.mark.parametrize("kind", KINDS)
_13B = {"hidden_size": 5120, "intermediate_size": 13_696, "num_hidden_layers": 40, "num_attention_heads": 40}
OFFICIAL: dict[str, Any] = {
    "architectures": ["BaichuanForCausalLM"],
    "auto_map": {"AutoConfig": "configuration_baichuan.BaichuanConfig"},
    "hidden_act": "silu",
    "model_max_length": 4096,
    "model_type": "baichuan",
    "pad_token_id": 0,
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
    "vocab_size": 260,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
}
"""As the official folders write it, in the sizes of the tiny model."""


def official_folder(kind: str, folder: Path, *, rotary: bool) -> Path:
    """Three sharded ``.bin`` files with their index, and code that must not run."""
    weights = model(kind).state_dict()
    extra = {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)} if rotary else {}
    shards: dict[str, dict[str, torch.Tensor]] = {}
    for number, (name, tensor) in enumerate((weights | extra).items()):
        shards.setdefault(f"pytorch_model-{number % 3 + 1:05}-of-00003.bin", {})[name] = tensor
    for file, tensors in shards.items():
        torch.save(tensors, folder / file)
    places = {name: file for file, tensors in shards.items() for name in tensors}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    positions = {"max_position_embeddings": 4096} if rotary else {}
    (folder / "config.json").write_text(json.dumps(OFFICIAL | positions))
    (folder / "configuration_baichuan.py").write_text("raise SystemExit('the code of the folder runs')")
    return folder


def test_the_state_dict_has_the_official_names() -> None:
    layer = "model.layers.{}.".format
    parts = ("input_layernorm", "mlp.down_proj", "mlp.gate_proj", "mlp.up_proj", "post_attention_layernorm")
    inside = [f"{part}.weight" for part in (*parts, "self_attn.W_pack", "self_attn.o_proj")]

    names = model("rotary").state_dict().keys()

    outside = {"model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"}
    assert names == outside | {layer(number) + part for number in range(3) for part in inside}
    assert names == model("alibi").state_dict().keys()


@pytest.mark.parametrize(
    ("fields", "size"), [({"max_position_embeddings": 4096}, 7_505_973_248), (_13B, 13_896_668_160)], ids=["7B", "13B"]
)
def test_the_full_sizes_have_the_official_numbers_of_parameters(fields: dict[str, Any], size: int) -> None:
    with torch.device("meta"):
        full = BaichuanForCausalLM(Baichuan2Config(**fields))

    shapes = {name: tuple(weight.shape) for name, weight in full.named_parameters()}
    width = full.config.hidden_size
    assert sum(weight.numel() for weight in full.parameters()) == size
    assert shapes["model.layers.0.self_attn.W_pack.weight"] == (3 * width, width)
    assert shapes["lm_head.weight"] == shapes["model.embed_tokens.weight"] == (125_696, width)


@every_kind
@pytest.mark.parametrize("way", ["one file at a time", "from_pretrained"])
@pytest.mark.filterwarnings("ignore:.*torch_dtype. is deprecated")
@torch.no_grad()
def test_an_official_folder_loads_and_its_code_never_runs(kind: str, way: str, tmp_path: Path) -> None:
    register()
    folder = official_folder(kind, tmp_path, rotary=kind == "rotary")
    tokens = torch.tensor([ids(9)])

    loaded = AutoModelForCausalLM.from_pretrained(folder).eval() if way == "from_pretrained" else load_model(folder)

    assert type(loaded) is BaichuanForCausalLM
    assert loaded.config.position_embedding == kind
    assert torch.equal(loaded(tokens).logits, model(kind)(tokens).logits)


@every_kind
@torch.no_grad()
def test_a_saved_model_loads_with_the_same_logits(kind: str, tmp_path: Path) -> None:
    tokens, tiny = torch.tensor([ids(9)]), model(kind)
    tiny(tokens)

    tiny.save_pretrained(tmp_path)
    loaded, report = BaichuanForCausalLM.from_pretrained(tmp_path, output_loading_info=True)

    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert loaded.config.position_embedding == kind
    assert "auto_map" not in json.loads((tmp_path / "config.json").read_text())
    assert torch.equal(loaded.eval()(tokens).logits, tiny(tokens).logits)
    assert torch.equal(loaded.lm_head.weight, model(kind).lm_head.weight)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"vocab_size": 64_000}, "first Baichuan; only Baichuan2"),
        ({"z_loss_weight": 0.1}, "only 0 is supported"),
        ({"quantization_config": {"load_in_4bit": True}}, "use the folder of the unquantised model"),
    ],
)
def test_what_is_not_supported_is_refused(fields: dict[str, Any], message: str, tmp_path: Path) -> None:
    register()
    (tmp_path / "config.json").write_text(json.dumps(OFFICIAL | fields))

    with pytest.raises(ModelError, match=message):
        AutoConfig.from_pretrained(tmp_path)


@torch.no_grad()
def test_a_logit_knows_the_direction_of_its_row_and_not_its_length() -> None:
    head, states = NormHead(48, 20, bias=False), torch.randn(3, 48)
    before = head(states)

    head.weight.mul_(torch.rand(20, 1) * 9 + 0.1)

    torch.testing.assert_close(head(states), before)
    assert (before.abs() <= states.norm(dim=-1, keepdim=True) + 1e-5).all()


def test_gradients_go_through_the_lengths_of_the_rows() -> None:
    head, states = NormHead(48, 20, bias=False), torch.randn(3, 48)

    head(states)[:, 4].sum().backward()

    plain = head.weight.detach().clone().requires_grad_()
    (states @ torch.nn.functional.normalize(plain).T)[:, 4].sum().backward()
    torch.testing.assert_close(head.weight.grad, plain.grad)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@every_kind
@torch.no_grad()
def test_half_precision_stays_close_to_float32(kind: str, dtype: torch.dtype) -> None:
    tokens, tiny = torch.tensor([ids(40)]), model(kind)
    exact = tiny(tokens).logits

    logits = tiny.to(dtype)(tokens).logits

    assert logits.dtype == dtype
    assert (logits.float() - exact).abs().mean() < 16 * torch.finfo(dtype).eps * exact.std()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_rotation_in_half_precision_is_right_far_into_a_text(dtype: torch.dtype) -> None:
    """Equal distances give equal scores, at 4,000 as at 0."""
    query, key = torch.randn(2, 1, 1, 1, 32, generator=torch.Generator().manual_seed(0)).to(dtype)

    def score(place: int, distance: int) -> float:
        turned = (
            rotate(side, *rotary_tables(torch.tensor([[at]]), 32))
            for side, at in ((query, place), (key, place - distance))
        )
        return float(torch.mul(*(side.float() for side in turned)).sum())

    scores = [score(place, 7) for place in (7, 300, 1000, 4000)]

    assert max(scores) - min(scores) < 32 * torch.finfo(dtype).eps
    assert abs(score(4000, 7) - score(4000, 8)) > 0.01


@every_kind
def test_a_forward_pass_never_looks_at_a_value_on_the_host(kind: str) -> None:
    """Fake tensors have no values: any ``.item()``, ``.tolist()`` or ``if tensor`` fails."""
    with FakeTensorMode():
        tiny = BaichuanForCausalLM(config(kind)).eval()
        tokens, mask = torch.ones(2, 9, dtype=torch.long), torch.ones(2, 9, dtype=torch.long)

        output = tiny(tokens, attention_mask=mask, labels=tokens, use_cache=True)
        step = tiny(tokens[:, :1], attention_mask=torch.ones(2, 10), past_key_values=output.past_key_values)

    assert output.logits.shape == (2, 9, 260)
    assert step.logits.shape == (2, 1, 260)


@every_kind
@torch.no_grad()
def test_padding_after_the_tokens_changes_nothing_with_or_without_a_mask(kind: str) -> None:
    tokens, tiny = torch.tensor([ids(11)]), model(kind)
    padded = torch.nn.functional.pad(tokens, (0, 5))

    unmasked = tiny(padded).logits
    masked = tiny(padded, attention_mask=padded.ne(0).long()).logits

    assert masked.isfinite().all()
    for logits in (unmasked, masked):
        assert (logits[:, :11] - tiny(tokens).logits).abs().max() <= TOLERANCE


@every_kind
def test_gradient_checkpointing_gives_the_same_gradients(kind: str) -> None:
    tokens = torch.tensor([ids(11)])
    gradients = []
    for checkpointing in (False, True):
        tiny = model(kind).train()
        if checkpointing:
            tiny.activation_checkpointing_enable()
        tiny(tokens, labels=tokens).loss.backward()
        gradients.append({name: weight.grad for name, weight in tiny.named_parameters()})

    plain, checkpointed = gradients
    assert all(plain[name] is not None for name in plain)
    for name, gradient in plain.items():
        torch.testing.assert_close(checkpointed[name], gradient)


def test_the_vocabulary_can_grow_and_keeps_its_unit_rows() -> None:
    tiny = model("rotary")

    tiny.resize_token_embeddings(300, mean_resizing=False)

    assert tiny.config.vocab_size == 300
    assert type(tiny.lm_head) is NormHead
    assert tiny.lm_head.weight.shape == (300, 48)
    assert tiny(torch.tensor([[299]])).logits.shape == (1, 1, 300)


def test_packed_examples_are_refused_where_scores_fall_with_distance() -> None:
    from train.models.packing import Packing

    packing: Any = dict.fromkeys(Packing.__annotations__, torch.zeros(1, dtype=torch.int32))
    packing |= {"starts": torch.tensor([0, 4], dtype=torch.int32), "segments": torch.zeros(4, dtype=torch.long)}
    packing |= {"longest": 4}

    with pytest.raises(ModelError, match=r"13B .*train it unpacked"):
        model("alibi")(torch.tensor([ids(4)]), packing=packing, positions=torch.arange(4)[None])
