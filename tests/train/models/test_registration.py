"""The Auto classes of transformers on folders as the official ones are, with code beside them that must never run."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

import prep.models
from tests.golden_data import golden
from tests.train.models.chatglm.tiny import TOLERANCE, cases
from train.models.chatglm.modeling import ChatGLMForCausalLM
from train.models.chatglm2.modeling import ChatGLM2ForCausalLM
from train.models.registration import register

SAFETENSORS, BIN = "model.safetensors", "pytorch_model.bin"


def official_folder(folder: Path, *, form: str = SAFETENSORS, shards: int = 1, name: str = "v1") -> Path:
    """Golden weights in the official layout; the code that ``auto_map`` names says when it was run."""
    folder.mkdir(parents=True)
    for file in (golden(f"{name}_base") / "config.json", *golden(f"tok/{name}").iterdir()):
        shutil.copy(file, folder)
    for module in ("configuration_chatglm", "modeling_chatglm", "tokenization_chatglm"):
        (folder / f"{module}.py").write_text("raise SystemExit('code of the hub was run')\n", encoding="utf-8")
    weights = load_file(golden(f"{name}_base") / SAFETENSORS)
    if shards == 1:
        save(weights, folder / form)
        return folder
    index = {}
    for number in range(shards):
        stem, _, ending = form.partition(".")
        shard = f"{stem}-{number + 1:05}-of-{shards:05}.{ending}"
        part = {key: weights[key] for key in list(weights)[number::shards]}
        save(part, folder / shard)
        index |= dict.fromkeys(part, shard)
    (folder / f"{form}.index.json").write_text(
        json.dumps({"metadata": {"total_size": 1}, "weight_map": index}), encoding="utf-8"
    )
    return folder


def save(weights: dict[str, Any], path: Path) -> None:
    if path.suffix == ".bin":
        torch.save(weights, path)
    else:
        from safetensors.torch import save_file

        save_file(weights, path, metadata={"format": "pt"})


@pytest.mark.parametrize("form", [SAFETENSORS, BIN])
@pytest.mark.parametrize("shards", [1, 3])
@torch.no_grad()
def test_official_folders_are_read_unchanged(tmp_path: Path, form: str, shards: int) -> None:
    folder = official_folder(tmp_path / "chatglm-6b", form=form, shards=shards)

    model = AutoModelForCausalLM.from_pretrained(folder)

    expected = cases("v1_base")
    assert type(model) is ChatGLMForCausalLM
    assert model.lm_head.weight is model.transformer.word_embeddings.weight
    assert (model(expected["single/input_ids"]).logits - expected["single/logits"]).abs().max() <= TOLERANCE


@pytest.mark.parametrize("trust", [None, False, True])
@pytest.mark.parametrize("name", ["v1", "v2"])
def test_code_in_the_folder_is_never_run(tmp_path: Path, name: str, trust: bool | None) -> None:
    folder = official_folder(tmp_path / "chatglm", name=name)

    config = AutoConfig.from_pretrained(folder, trust_remote_code=trust)
    model = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=trust)
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=trust)

    assert type(config) is type(model.config)
    assert type(model) is {"v1": ChatGLMForCausalLM, "v2": ChatGLM2ForCausalLM}[name]
    assert tokenizer("你好")["input_ids"]


@pytest.mark.parametrize("auto", [AutoModel, AutoModelForSeq2SeqLM])
def test_the_other_official_ways_in_give_the_same_model(tmp_path: Path, auto: Any) -> None:
    assert type(auto.from_pretrained(official_folder(tmp_path / "chatglm-6b"))) is ChatGLMForCausalLM


@pytest.mark.parametrize("shard_size", ["5GB", "200KB"])
@torch.no_grad()
def test_a_saved_model_loads_again(tmp_path: Path, shard_size: str) -> None:
    model = AutoModelForCausalLM.from_pretrained(official_folder(tmp_path / "official"))

    model.save_pretrained(tmp_path / "saved", max_shard_size=shard_size)
    again = AutoModelForCausalLM.from_pretrained(tmp_path / "saved")

    ids = cases("v1_base")["single/input_ids"]
    assert "auto_map" not in (tmp_path / "saved" / "config.json").read_text(encoding="utf-8")
    assert torch.equal(again(ids).logits, model(ids).logits)


def test_precision_follows_the_configuration_unless_asked(tmp_path: Path) -> None:
    folder = official_folder(tmp_path / "chatglm-6b")
    config = folder / "config.json"
    config.write_text(config.read_text(encoding="utf-8").replace('"float32"', '"float16"'), encoding="utf-8")

    assert AutoModelForCausalLM.from_pretrained(folder).dtype == torch.float16
    assert AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).dtype == torch.bfloat16


def test_a_new_prefix_starts_as_in_the_official_script(tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(official_folder(tmp_path / "chatglm-6b"), pre_seq_len=16)

    weight = model.transformer.prefix_encoder.embedding.weight
    assert weight.shape == (16, 512)
    assert 0.9 < weight.std().item() < 1.1


def test_registering_twice_changes_nothing() -> None:
    register()

    assert prep.models.register is register
