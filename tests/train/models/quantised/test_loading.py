"""Official INT4 and INT8 folders are read as they are, others are quantised while they are read."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoModelForCausalLM

import prep.models  # noqa: F401 (registers the models)
from schemas.errors import ModelError
from tests.golden_data import golden
from tests.train.models.chatglm.tiny import cases
from tests.train.models.quantised.stored import quantised_folder
from tests.train.models.test_registration import BIN, SAFETENSORS, official_folder
from train.base import find_base
from train.models.checkpoint import load_model
from train.models.quantised.linear import QuantisedLinear, layers
from train.models.room import weights_bytes

BITS = pytest.mark.parametrize("bits", [4, 8])
NAMES = pytest.mark.parametrize("name", ["v1", "v2"])
EXACT = 1e-5
"""Stated for logits in float32: the same weights, products added up in the same order."""


@torch.no_grad()
def logits(model: Any, name: str) -> Tensor:
    found: Tensor = model.float()(cases(f"{name}_base")["single/input_ids"]).logits
    return found


@BITS
@NAMES
@pytest.mark.parametrize("form", [BIN, SAFETENSORS])
def test_logits_of_an_official_folder_are_those_of_its_dequantised_weights(
    tmp_path: Path, bits: Literal[4, 8], name: str, form: str
) -> None:
    folder = quantised_folder(tmp_path / "int", bits, name=name, form=form)

    made = load_model(folder, dtype=torch.float32)
    whole = load_model(folder, dtype=torch.float32, quantization_bit=0)

    assert len(list(layers(made))) == 4 * made.config.num_layers
    assert not list(layers(whole))
    assert (logits(made, name) - logits(whole, name)).abs().max() <= EXACT


@BITS
@NAMES
def test_a_folder_in_half_precision_is_quantised_while_it_is_read(
    tmp_path: Path, bits: Literal[4, 8], name: str
) -> None:
    plain = official_folder(tmp_path / "plain", name=name, shards=3)
    stored = quantised_folder(tmp_path / "int", bits, name=name)
    for shard in plain.glob("*.safetensors"):
        save_file({key: weight.half() for key, weight in load_file(shard).items()}, shard)

    made = load_model(plain, dtype=torch.float16, quantization="int4" if bits == 4 else "int8")

    expected = load_model(stored, dtype=torch.float16).state_dict()
    assert made.state_dict().keys() == expected.keys()
    assert all(torch.equal(tensor, expected[key]) for key, tensor in made.state_dict().items())


@NAMES
def test_eight_bits_are_nearer_to_the_golden_logits_than_four(tmp_path: Path, name: str) -> None:
    folder = official_folder(tmp_path / "plain", name=name)
    expected = cases(f"{name}_base")["single/logits"]

    apart = [
        (logits(load_model(folder, quantization=kind), name) - expected).abs().mean().item()
        for kind in ("int4", "int8", "none")
    ]

    assert apart[0] > 8 * apart[1] > 80 * apart[2]


@BITS
def test_the_auto_classes_read_an_official_folder_too(tmp_path: Path, bits: Literal[4, 8]) -> None:
    folder = quantised_folder(tmp_path / "int", bits, form=SAFETENSORS)

    made = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)

    assert torch.equal(logits(made, "v1"), logits(load_model(folder, dtype=torch.float32), "v1"))


def test_quantised_embeddings_are_dequantised(tmp_path: Path) -> None:
    """Nothing of a graphics card's memory is gained by them, and the loss needs the vocabulary whole."""
    embeddings = ("transformer.word_embeddings", "lm_head")
    folder = quantised_folder(tmp_path / "int", 4, more=embeddings)

    made = load_model(folder, dtype=torch.float32)

    table = load_file(golden("v1_base") / SAFETENSORS)["transformer.word_embeddings.weight"]
    assert made.lm_head.weight is made.transformer.word_embeddings.weight
    assert 0 < (made.lm_head.weight - table).abs().max() <= table.abs().max() / 7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda weights: weights.pop("lm_head.weight_scale"),
            "lm_head.weight is quantised, but no lm_head.weight_scale",
        ),
        (
            lambda weights: weights.pop("transformer.layers.0.mlp.dense_4h_to_h.weight_scale"),
            "no transformer.layers.0.mlp.dense_4h_to_h.weight_scale in its weights",
        ),
        (
            lambda weights: weights.update({"transformer.layers.0.attention.dense.weight": torch.ones(64, 60).char()}),
            "attention.dense.weight is 64 x 60, but its config.json says 64 x 32",
        ),
    ],
)
def test_quantised_weights_that_do_not_fit_are_refused(tmp_path: Path, change: Any, message: str) -> None:
    folder = quantised_folder(tmp_path / "int", 4, form=SAFETENSORS, more=("lm_head",))
    weights = load_file(folder / SAFETENSORS)
    change(weights)
    save_file(weights, folder / SAFETENSORS)

    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_a_folder_says_itself_how_it_is_quantised(tmp_path: Path) -> None:
    folder = quantised_folder(tmp_path / "int", 4)

    assert find_base(str(folder)).quantization == "int4"
    assert find_base(str(folder), quantization="int4").quantization == "int4"
    with pytest.raises(ModelError, match=r"int: its weights are int4 already, asked for is quantization nf4; leave"):
        find_base(str(folder), quantization="nf4")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8")) | {"quantization_bit": 5}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match=r"quantization_bit 5 in config.json; expected 4 or 8"):
        find_base(str(folder))


@pytest.mark.parametrize(("kind", "gib"), [("none", 11.5), ("int8", 6.25), ("int4", 3.62), ("nf4", 3.62)])
def test_weights_are_counted_as_they_will_be_loaded(tmp_path: Path, kind: Any, gib: float) -> None:
    config = {"model_type": "chatglm", "vocab_size": 130_528, "inner_hidden_size": 16_384, "torch_dtype": "float16"}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")

    assert weights_bytes(tmp_path, torch.float16, kind) / 2**30 == pytest.approx(gib, abs=0.01)


def test_a_layer_of_the_model_is_what_it_says(tmp_path: Path) -> None:
    made = load_model(quantised_folder(tmp_path / "int", 4))

    layer = made.transformer.layers[0].mlp.dense_h_to_4h
    assert isinstance(layer, QuantisedLinear)
    assert (layer.bits, layer.weight.dtype, layer.weight_scale.dtype) == (4, torch.int8, torch.float16)
    assert not any(parameter.requires_grad for parameter in (layer.weight, layer.weight_scale))
