"""The folder of an adapter: what it says of itself, wrong bases, folders of others, damage."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from schemas.errors import ModelError
from tests.train.methods.tiny import CONFIGS, adapted, base, case, facts, logits, train
from train.methods.saved import FACTS, adapter_of, load_adapter, save_adapter


def saved(name: str, folder: Path, family: str = "chatglm") -> Any:
    model = train(adapted(name, family), name, family)
    save_adapter(model, *case(name), folder)
    return model


def test_a_folder_says_what_it_holds_and_nothing_of_this_machine(tmp_path: Path) -> None:
    saved("lora", tmp_path / "adapter")

    facts_of = json.loads((tmp_path / "adapter" / FACTS).read_text("utf-8"))

    assert facts_of == {
        "format": 1,
        "method": "lora",
        "settings": {"lora_rank": 8, "lora_alpha": 32, "lora_dropout": 0.1, "lora_target": None, "peft_config": {}},
        "base": {"family": "chatglm", "layers": 3, "hidden_size": 32, "vocabulary": 200},
    }
    assert adapter_of(tmp_path / "adapter") == case("lora")
    written = {path.name for path in (tmp_path / "adapter").iterdir()}
    assert written == {FACTS, "adapter_config.json", "adapter_model.safetensors"}
    assert json.loads((tmp_path / "adapter" / "adapter_config.json").read_text("utf-8"))["base_model_name_or_path"] in (
        None,
        "",
    )


@pytest.mark.parametrize("name", ["lora", "p_tuning_v2", "full"])
def test_a_base_of_another_kind_is_refused(name: str, tmp_path: Path) -> None:
    saved(name, tmp_path)

    with pytest.raises(
        ModelError, match=r"trained on chatglm of 3 layers x 32, vocabulary 200; this model is chatglm2"
    ):
        load_adapter(base("chatglm2"), tmp_path, facts("chatglm2"))


@pytest.mark.parametrize("family", CONFIGS)
@pytest.mark.parametrize("name", ["full", "freeze"])
def test_over_a_half_precision_base_a_model_answers_in_the_precision_of_the_base(
    name: str, family: str, tmp_path: Path
) -> None:
    method, settings = case(name)
    model = method.adapt(base(family, torch.bfloat16), settings, facts(family))
    save_adapter(model, method, settings, tmp_path)

    again = load_adapter(base(family, torch.bfloat16), tmp_path, facts(family))

    assert {parameter.dtype for parameter in again.parameters()} == {torch.bfloat16}
    assert torch.equal(logits(again, family), logits(base(family, torch.bfloat16), family))
    assert not any("forward" in module.__dict__ for module in again.modules())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda facts: facts.update(format=9), r"method\.json: format 9, expected 1; upgrade prep"),
        (lambda facts: facts.update(method="magic"), "trained with 'magic', which this version of prep has not"),
        (lambda facts: facts.pop("settings"), r"method\.json: no settings in it"),
        (lambda facts: facts["settings"].update(lora_rnk=3), "no setting 'lora_rnk'.*another version of prep"),
    ],
)
def test_a_damaged_or_newer_folder_is_refused(change: Any, message: str, tmp_path: Path) -> None:
    saved("lora", tmp_path)
    values = json.loads((tmp_path / FACTS).read_text("utf-8"))
    change(values)
    (tmp_path / FACTS).write_text(json.dumps(values), encoding="utf-8")

    with pytest.raises(ModelError, match=message):
        load_adapter(base("chatglm"), tmp_path, facts("chatglm"))


@pytest.mark.parametrize("text", ["{", "[]", "3"])
def test_a_file_that_is_no_mapping_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / FACTS).write_text(text, encoding="utf-8")

    with pytest.raises(ModelError, match=r"method\.json: (cannot be read|format )"):
        adapter_of(tmp_path)


def test_what_is_no_adapter_is_refused(tmp_path: Path) -> None:
    save_file({"some.weight": torch.zeros(2)}, tmp_path / "model.safetensors")

    with pytest.raises(ModelError, match=r"neither method.json nor adapter_config.json nor transformer.prefix_encoder"):
        adapter_of(tmp_path)
    with pytest.raises(ModelError, match="no such adapter"):
        adapter_of(tmp_path / "absent")


@pytest.mark.parametrize("name", ["lora", "freeze", "p_tuning"])
def test_weights_that_lack_something_or_hold_more_are_refused(name: str, tmp_path: Path) -> None:
    method, _ = case(name)
    method.save(adapted(name, "chatglm"), tmp_path)
    (file,) = tmp_path.glob("*.safetensors")
    whole = load_file(file)
    key = next(iter(whole))
    for damaged in ({k: v for k, v in whole.items() if k != key}, whole | {"more": torch.zeros(1)}):
        save_file(damaged, file)
        with pytest.raises(ModelError, match="do settings and base fit"):
            method.restore(adapted(name, "chatglm"), tmp_path)
    save_file(whole | {key: torch.zeros(3)}, file)
    with pytest.raises(ModelError, match="do settings and base fit"):
        method.restore(adapted(name, "chatglm"), tmp_path)
