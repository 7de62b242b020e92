"""Whole models read one file at a time, and prefixes in the official form."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import prep.models  # noqa: F401 (registers the models)
from schemas.errors import ModelError
from tests.golden_data import golden
from tests.train.models.chatglm.tiny import TOLERANCE, cases, meta, model
from tests.train.models.test_registration import BIN, SAFETENSORS, official_folder
from train.models import checkpoint
from train.models.checkpoint import load_model, load_prefix, read_weights, save_prefix

PREFIXED = pytest.mark.parametrize("name", ["v1_prefix", "v1_prefix_proj"])


def with_empty_prefix(name: str) -> Any:
    made = model(name)
    made.transformer.prefix_encoder.reset_parameters()
    return made


@pytest.mark.parametrize("form", [SAFETENSORS, BIN])
@pytest.mark.parametrize("shards", [1, 3])
@torch.no_grad()
def test_a_model_is_read_file_by_file(tmp_path: Path, form: str, shards: int, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(checkpoint, "read_weights", lambda path: read.append(path.name) or read_weights(path))

    made = load_model(official_folder(tmp_path / "chatglm-6b", form=form, shards=shards))

    expected = cases("v1_base")
    assert len(read) == shards
    assert not made.training
    assert made.lm_head.weight is made.transformer.word_embeddings.weight
    assert (made(expected["single/input_ids"]).logits - expected["single/logits"]).abs().max() <= TOLERANCE


def test_a_model_is_read_in_the_precision_asked_for_and_a_prefix_is_added(tmp_path: Path) -> None:
    made = load_model(official_folder(tmp_path / "chatglm-6b"), dtype=torch.bfloat16, pre_seq_len=16)

    assert made.lm_head.weight.dtype == torch.bfloat16
    prefix = made.transformer.prefix_encoder.embedding.weight
    assert prefix.dtype == torch.float32
    assert 0.9 < prefix.std().item() < 1.1


def test_a_model_generates_as_its_folder_says(tmp_path: Path) -> None:
    folder = official_folder(tmp_path / "chatglm-6b")
    (folder / "generation_config.json").write_text('{"max_length": 77, "top_p": 0.7}', encoding="utf-8")

    made = load_model(folder)

    assert (made.generation_config.max_length, made.generation_config.top_p) == (77, 0.7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda weights: weights.pop("transformer.final_layernorm.bias"), "no transformer.final_layernorm.bias in its"),
        (lambda weights: weights.update({"lm_head.weight_scale": torch.ones(1)}), "weight_scale .* is it quantised"),
        (
            lambda weights: weights.update({"transformer.word_embeddings.weight": torch.ones(1500, 64)}),
            r"word_embeddings.weight is 1500 x 64, but its config.json says 1408 x 64",
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, change: Any, message: str) -> None:
    folder = official_folder(tmp_path / "chatglm-6b")
    weights = load_file(folder / SAFETENSORS)
    change(weights)
    save_file(weights, folder / SAFETENSORS)

    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_what_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / f"{BIN}.index.json").write_text(json.dumps({"weight_map": {"a": "part.bin"}}), encoding="utf-8")

    with pytest.raises(ModelError, match=r"part.bin: not there; download"):
        checkpoint.checkpoint_files(tmp_path)
    with pytest.raises(ModelError, match=r"no weights in it; expected model.safetensors or pytorch_model.bin"):
        checkpoint.checkpoint_files(tmp_path / "nowhere")
    for name in (SAFETENSORS, BIN):
        (tmp_path / name).write_bytes(b"version https://git-lfs.github.com/spec/v1")
        with pytest.raises(ModelError, match=rf"{name}: cannot be read as weights"):
            read_weights(tmp_path / name)


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    torch.save({"a": Path}, tmp_path / BIN)

    with pytest.raises(ModelError, match="cannot be read as weights"):
        read_weights(tmp_path / BIN)


@PREFIXED
@pytest.mark.parametrize("form", ["safetensors", "bin"])
@torch.no_grad()
def test_a_prefix_goes_out_and_comes_back_with_equal_logits(tmp_path: Path, name: str, form: Any) -> None:
    expected, ids = model(name), cases(name)["single/input_ids"]

    path = save_prefix(expected, tmp_path, form=form)
    again = with_empty_prefix(name)
    load_prefix(again, tmp_path)

    saved = read_weights(path)
    assert {key: list(value.shape) for key, value in saved.items()} == meta(name)["saved_keys"]
    assert {value.dtype for value in saved.values()} == {torch.float32}
    assert torch.equal(again(ids).logits, expected(ids).logits)


@PREFIXED
@torch.no_grad()
def test_the_references_own_checkpoint_is_read(name: str) -> None:
    made, expected = with_empty_prefix(name), cases(name)

    load_prefix(made, golden(name) / "prefix_encoder.safetensors")

    found = made(expected["single/input_ids"]).logits[..., ::8]
    assert (found - expected["single/logits_stride8"]).abs().max() <= TOLERANCE


def test_a_prefix_that_does_not_fit_is_described() -> None:
    path = golden("v1_prefix_proj") / "prefix_encoder.safetensors"

    with pytest.raises(ModelError, match=r"a prefix of pre_seq_len 4, prefix_projection True, which does not fit"):
        load_prefix(model("v1_prefix"), path)
    with pytest.raises(ModelError, match="load it with pre_seq_len"):
        load_prefix(model("v1_base"), path)
    with pytest.raises(ModelError, match="is no checkpoint of P-Tuning v2"):
        load_prefix(model("v1_prefix"), golden("v1_base") / SAFETENSORS)
