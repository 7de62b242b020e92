"""Any causal model of transformers: found, loaded without code of its folder, asked, and what of it LoRA changes."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from schemas.errors import ModelError
from tests.train.models.test_attended_prefix import MODELS, SHAPE
from train.encoding.examples import Dialogue
from train.families import structure
from train.families.causal import CAUSAL
from train.families.llama import LLAMA
from train.families.registry import family_of, family_of_config
from train.models.tiny.registry import SMALL
from train.models.tiny.small import write_small

MORE: dict[str, dict[str, Any]] = {
    **MODELS,
    "gpt2": {"n_embd": 32, "n_layer": 3, "n_head": 4},
    "gpt_neox": {},
    "olmo2": {},
}
FUSED = {"phi3": ("qkv_proj", "o_proj"), "gpt2": ("c_attn", "c_proj"), "gpt_neox": ("query_key_value", "dense")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small(SMALL["tiny-qwen"], tmp_path_factory.mktemp("qwen"))


@pytest.mark.parametrize("kind", MORE)
def test_what_lora_changes_is_found_in_any_model(kind: str) -> None:
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **{**SHAPE, **MORE[kind]}))

    targets, everything = CAUSAL.targets(model), CAUSAL.all_targets(model)

    expected = ("q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj")
    plain = expected if kind == "deepseek_v3" else ("q_proj", "k_proj", "v_proj", "o_proj")
    assert set(targets) == {*FUSED.get(kind, plain)}
    assert set(targets) <= set(everything)
    assert len(structure.blocks(model)) == 3
    assert not {"lm_head", "embed_tokens", "wte"} & set(everything)


def test_llama_says_itself_what_would_be_found() -> None:
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model("llama", **SHAPE))

    assert LLAMA.target_modules == structure.attention_projections(model)
    assert LLAMA.all_target_modules == structure.all_projections(model)
    assert LLAMA.sublayers(model) == (structure.attention_module(model), structure.mlp_module(model))
    assert model.get_submodule(LLAMA.final_norm)


def test_a_model_without_a_list_of_layers_is_one_line() -> None:
    model: Any = torch.nn.Linear(2, 2)
    model.config = AutoConfig.for_model("llama", **SHAPE)

    with pytest.raises(ModelError, match="Linear: no list of its 3 layers in it; such a model needs a family file"):
        structure.blocks(model)


@pytest.mark.parametrize("kind", ["qwen2", "glm4", "mistral", "deepseek_v3"])
def test_whatever_transformers_knows_is_of_the_family(kind: str) -> None:
    assert family_of_config({"model_type": kind}, Path("x")) is CAUSAL


def test_a_folder_loads_in_the_precision_asked_for_and_as_it_was_saved(folder: Path) -> None:
    model, tokenizer = CAUSAL.load(folder, dtype=torch.bfloat16, device="cpu")
    again, _ = CAUSAL.load(folder)

    assert family_of(folder) is CAUSAL
    assert (model.dtype, again.dtype) == (torch.bfloat16, torch.float32)
    assert not model.training
    assert tokenizer.padding_side == "left"
    assert again.lm_head.weight is again.model.embed_tokens.weight
    assert all(parameter.device.type == "cpu" for parameter in model.parameters())


def test_no_code_of_a_folder_is_run(folder: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    copy = tmp_path / "model"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    for name in ("config.json", "tokenizer_config.json"):
        values = json.loads((copy / name).read_text(encoding="utf-8"))
        auto = {
            "AutoConfig": "odd.Config",
            "AutoModelForCausalLM": "odd.Model",
            "AutoTokenizer": ["odd.Tokenizer", None],
        }
        (copy / name).write_text(json.dumps(values | {"auto_map": auto}), encoding="utf-8")
    (copy / "odd.py").write_text(f"open({str(ran)!r}, 'w')\n", encoding="utf-8")

    with suppress(ModelError):
        CAUSAL.load(copy)

    assert not ran.exists()


@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        (
            {"quantization_config": {"quant_method": "gptq", "bits": 4}},
            {},
            "its weights are quantised; name the folder",
        ),
        ({}, {"quantization": "int4"}, "quantization int4 is there for ChatGLM's models only"),
    ],
)
def test_quantised_models_are_refused(
    folder: Path, tmp_path: Path, changed: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(values | changed), encoding="utf-8")

    with pytest.raises(ModelError, match=message):
        CAUSAL.load(tmp_path, **options)


def test_a_tokenizer_that_cannot_be_read_is_one_line(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "tokenizer.json").write_text("{", encoding="utf-8")

    with pytest.raises(ModelError, match="its tokenizer cannot be read"):
        CAUSAL.load_tokenizer(tmp_path)


def test_a_skeleton_has_the_parameters_of_the_model(folder: Path) -> None:
    fields = json.loads((folder / "config.json").read_text(encoding="utf-8"))

    empty, (model, _) = CAUSAL.skeleton(**fields), CAUSAL.load(folder)

    assert {name: weight.shape for name, weight in empty.named_parameters()} == {
        name: weight.shape for name, weight in model.named_parameters()
    }


def test_answers_are_shown_without_control_tokens(folder: Path) -> None:
    tokenizer: Any = CAUSAL.load_tokenizer(folder)
    ids = [*tokenizer("好")["input_ids"], *tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"])]

    assert CAUSAL.text(tokenizer, ids) == "好"
    assert CAUSAL.prompt("三", [["一", "二"]]) == "一\n二\n三"


def test_what_generation_config_ends_with_ends_answers(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "generation_config.json").write_text('{"eos_token_id": [7, 8]}')

    form = CAUSAL.form(CAUSAL.load_tokenizer(tmp_path))

    assert {7, 8} <= set(form.stops)
    assert form.sources([Dialogue("一")])[0]
