"""P-Tuning v2 and Prefix-Tuning: official checkpoints both ways, the MLP folded away, the sizes of the real model."""

import shutil
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from safetensors.torch import load_file, save_file

from schemas.errors import ModelError
from tests.golden_data import golden
from tests.train.methods.tiny import CONFIGS, adapted, answer, base, case, facts, logits, train
from tests.train.models.chatglm import tiny as first
from tests.train.models.chatglm2 import tiny as second
from train.methods.p_tuning_v2 import P_TUNING_V2, PTuningV2
from train.methods.prefix_tuning import PREFIX_TUNING, PrefixTuning
from train.methods.registry import settings_of
from train.methods.saved import adapter_of, load_adapter, save_adapter
from train.methods.through_peft import save_peft, wrap
from train.methods.trained import trained_parameters

GOLDEN = {"v1_prefix": first, "v1_prefix_proj": first, "v2_prefix": second, "v2_prefix_proj": second}
BASES: dict[str, Any] = {"v1": "chatglm", "v2": "chatglm2"}
PREFIX = "transformer.prefix_encoder."
OFFICIAL = ("chatglm", "chatglm2", "chatglm3")
"""Families whose official code has such a prefix."""


def golden_base(name: str) -> Any:
    return GOLDEN[name].model(f"{name[:2]}_base")


@pytest.mark.parametrize(
    ("family", "settings", "count"),
    [
        ("chatglm", PTuningV2(), 29_360_128),
        ("chatglm", PrefixTuning(), 957_059_072),
        ("chatglm2", PTuningV2(), 1_835_008),
        ("chatglm2", PrefixTuning(), 119_293_952),
    ],
)
def test_the_real_models_train_as_many_parameters_as_the_official_ones(family: str, settings: Any, count: int) -> None:
    method = P_TUNING_V2 if isinstance(settings, PTuningV2) else PREFIX_TUNING

    model = method.adapt(facts(family).skeleton(dtype=torch.float16), settings, facts(family))

    assert sum(parameter.numel() for parameter in trained_parameters(model).values()) == count


@pytest.mark.parametrize("form", ["safetensors", "bin"])
@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("whole", [False, True], ids=["prefix alone", "whole model"])
@torch.no_grad()
def test_an_official_checkpoint_is_read(name: str, form: str, whole: bool, tmp_path: Path) -> None:
    weights = load_file(golden(name) / "prefix_encoder.safetensors")
    if whole:
        weights |= load_file(golden(f"{name[:2]}_base") / "model.safetensors")
    if form == "bin":
        torch.save(weights, tmp_path / "pytorch_model.bin")
    else:
        save_file(weights, tmp_path / "model.safetensors")

    model = load_adapter(golden_base(name), tmp_path, facts(BASES[name[:2]]))

    assert adapter_of(tmp_path)[0] is P_TUNING_V2
    expected = GOLDEN[name].cases(name)
    first.assert_logits(model(expected["single/input_ids"]).logits, expected, "single")


def test_the_file_of_an_official_checkpoint_may_be_named_itself(tmp_path: Path) -> None:
    shutil.copy(golden("v1_prefix") / "prefix_encoder.safetensors", tmp_path / "mine.safetensors")

    _, settings = adapter_of(tmp_path / "mine.safetensors")
    model = load_adapter(golden_base("v1_prefix"), tmp_path / "mine.safetensors", facts("chatglm"))

    assert settings == PTuningV2(pre_seq_len=4)
    assert model.config.pre_seq_len == 4


@pytest.mark.parametrize("name", ["p_tuning_v2", "p_tuning_v2 projected", "p_tuning_v2 in bin"])
@pytest.mark.parametrize("family", OFFICIAL)
def test_the_official_model_reads_what_is_saved(name: str, family: str, tmp_path: Path) -> None:
    """Its prefix encoder takes the names without ``transformer.prefix_encoder.``, all of them and no more."""
    model = train(adapted(name, family), name, family)
    save_adapter(model, *case(name), tmp_path)
    make, config = CONFIGS[family]
    fields = config.to_diff_dict() | {"pre_seq_len": 5, "prefix_projection": "projected" in name}
    official = make(type(config)(**fields))

    file = tmp_path / ("pytorch_model.bin" if "bin" in name else "model.safetensors")
    found = torch.load(file, weights_only=True) if "bin" in name else load_file(file)
    official.transformer.prefix_encoder.load_state_dict({key.removeprefix(PREFIX): found[key] for key in found})
    official.load_state_dict(base(family).state_dict(), strict=False)

    assert all(key.startswith(PREFIX) for key in found)
    assert torch.equal(logits(official, family), logits(model, family))


@pytest.mark.parametrize("family", CONFIGS)
def test_the_mlp_is_folded_into_a_plain_prefix(family: str, tmp_path: Path) -> None:
    model = train(adapted("prefix_tuning", family), "prefix_tuning", family)
    expected, said = logits(model, family), answer(model, family)

    name, values, folded = PREFIX_TUNING.fold(model, case("prefix_tuning")[1])  # type: ignore[misc]
    save_adapter(folded, P_TUNING_V2, settings_of(P_TUNING_V2, values), tmp_path)
    again = load_adapter(base(family), tmp_path, facts(family))

    assert name == "p_tuning_v2"
    assert list(load_file(tmp_path / "model.safetensors")) == [f"{PREFIX}embedding.weight"]
    assert torch.equal(logits(again, family), expected)
    assert answer(again, family) == said
    [trains] = trained_parameters(folded)
    assert trains.endswith("prefix_encoder.embedding.weight")


@pytest.mark.parametrize("family", OFFICIAL)
def test_a_prefix_that_peft_trained_is_read(family: str, tmp_path: Path) -> None:
    theirs = wrap(base(family), peft.PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4))
    expected = logits(theirs, family)
    save_peft(theirs, tmp_path)

    ours = load_adapter(base(family), tmp_path, facts(family))

    assert ours.config.pre_seq_len == 4
    assert (logits(ours, family) - expected).abs().max() <= 1e-4


@pytest.mark.parametrize("family", ["llama", "causal"])
def test_a_prefix_that_peft_trained_where_tokens_move_is_refused(family: str, tmp_path: Path) -> None:
    save_peft(wrap(base(family), peft.PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4)), tmp_path)

    with pytest.raises(ModelError, match="a prefix that peft trained, for which it moves the tokens"):
        load_adapter(base(family), tmp_path, facts(family))


def test_a_prefix_of_another_length_is_refused(tmp_path: Path) -> None:
    P_TUNING_V2.save(adapted("p_tuning_v2", "chatglm"), tmp_path)
    other = P_TUNING_V2.adapt(base("chatglm"), PTuningV2(pre_seq_len=6), facts("chatglm"))

    with pytest.raises(ModelError, match="a prefix of pre_seq_len 5, prefix_projection False, which does not fit"):
        P_TUNING_V2.restore(other, tmp_path)
