"""Freeze and full: which parameters, parts of a large file, merging, a copy of a model."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from schemas.errors import ModelError, OptionError
from tests.train.methods.tiny import CONFIGS, LAYERS, adapted, base, facts, logits, train, trained
from train.methods.freeze import FREEZE, Freeze
from train.methods.full import FULL
from train.methods.trained import restore_trained, save_trained

every_family = pytest.mark.parametrize("family", CONFIGS)


@every_family
def test_freeze_trains_the_last_layers(family: str) -> None:
    model = adapted("freeze", family)

    layers = {name.partition("layers.")[2].partition(".")[0] for name in trained(model)}

    assert layers == {str(LAYERS - 2), str(LAYERS - 1)}


@every_family
def test_freeze_trains_the_modules_that_are_named(family: str) -> None:
    model = base(family)
    name, _ = facts(family).sublayers(model)
    settings = Freeze(num_layer_trainable=1, name_module_trainable=f"mlp, {name}")

    model = FREEZE.adapt(model, settings, facts(family))

    assert {key.split("layers.2.")[1].partition(".")[0] for key in trained(model)} == {"mlp", name}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Freeze(num_layer_trainable=9), "num_layer_trainable is 9; the model has 3 layers"),
        (Freeze(name_module_trainable="mpl"), "a layer has no mpl; choose all, or of: input_layernorm"),
    ],
)
def test_layers_and_modules_that_are_not_there_are_refused(settings: Freeze, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        FREEZE.adapt(base("chatglm"), settings, facts("chatglm"))


def test_the_tied_vocabulary_is_saved_once(tmp_path: Path) -> None:
    save_trained(adapted("full", "chatglm"), tmp_path)

    found = load_file(tmp_path / "model.safetensors")

    assert "transformer.word_embeddings.weight" in found
    assert "lm_head.weight" not in found


@every_family
def test_a_large_model_is_saved_in_parts_that_the_official_layout_knows(family: str, tmp_path: Path) -> None:
    model = train(adapted("full", family), "full", family)

    save_trained(model, tmp_path, max_bytes=40_000)
    again = adapted("full", family)
    restore_trained(again, tmp_path)

    index = json.loads((tmp_path / "model.safetensors.index.json").read_text("utf-8"))
    assert index["weight_map"].keys() == trained(model).keys()
    assert len(list(tmp_path.glob("*.safetensors"))) == len(set(index["weight_map"].values())) > 2
    assert torch.equal(logits(again, family), logits(model, family))


@every_family
@pytest.mark.parametrize("method", [FULL, FREEZE], ids=["full", "freeze"])
def test_a_merged_model_is_plain_and_in_the_precision_of_the_base(method: Any, family: str) -> None:
    model = method.adapt(base(family, torch.float16), method.settings(), facts(family))
    train(model, method.name, family, steps=1)

    merged = method.merge(model)

    assert type(merged) is CONFIGS[family][0]
    assert {parameter.dtype for parameter in merged.parameters()} == {torch.float16}
    assert torch.isfinite(logits(merged, family)).all()


@every_family
@pytest.mark.parametrize("name", ["full", "freeze"])
def test_a_copy_of_a_model_computes_with_its_own_parameters(name: str, family: str) -> None:
    model = adapted(name, family, torch.bfloat16)
    before = logits(model, family)

    copy = deepcopy(model)
    for parameter in trained(copy).values():
        parameter.data.zero_()

    assert torch.equal(logits(model, family), before)
    assert not torch.equal(logits(copy, family), before)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    save_trained(adapted("freeze the mlp", "chatglm"), tmp_path)

    with pytest.raises(
        ModelError, match=r"no transformer\.layers\.1.* in it \(\d+ missing\); do settings and base fit"
    ):
        restore_trained(adapted("freeze", "chatglm"), tmp_path)
