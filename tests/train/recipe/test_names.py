"""Every name of transformers 4.27-4.30 and of the official scripts is a key, another name of one, or ignored aloud."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.train.recipe.building import built, notes
from train.recipe.gather import gathered
from train.recipe.gone import GONE, OFFICIAL
from train.recipe.keys import current_name, every_key, own_keys, training_keys
from train.recipe.names import INSTEAD, SAME, WORDS
from train.recipe.recipe import Recipe

OFFICIAL_NAMES = [
    name
    for line in Path(__file__).with_name("official_names.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for name in line.split()
]

KEYS = {key.name for key in every_key()}


@pytest.mark.parametrize("name", OFFICIAL_NAMES)
def test_an_official_name_is_understood(name: str) -> None:
    said: list[str] = []

    gathered([("flags", {name: "1"})], mistake=said.append, note=lambda _: None)

    assert [line for line in said if "no such key" in line] == []


@pytest.mark.parametrize("name", GONE)
def test_a_name_that_is_gone_is_no_key_and_says_why(name: str) -> None:
    assert name not in KEYS | set(SAME)
    assert GONE[name].why


@pytest.mark.parametrize("name", [name for name, gone in GONE.items() if gone.becomes is None])
def test_what_is_ignored_is_ignored_aloud_whatever_its_value(name: str) -> None:
    recipe = built()

    assert built(**{name: ["x", {"y": 1}]}) == recipe
    [line] = [line for line in notes("", **{name: "4"}) if name in line]
    assert line == f"python: {name} is ignored: {GONE[name].why}"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"evaluation_strategy": "steps", "eval_steps": 5}, {"eval_strategy": "steps", "eval_steps": 5}),
        ({"per_gpu_train_batch_size": 2}, {"per_device_train_batch_size": 2}),
        ({"per_gpu_eval_batch_size": "2"}, {"per_device_eval_batch_size": 2}),
        ({"warmup_ratio": "0.1"}, {"warmup_steps": 0.1}),
        ({"no_cuda": "true"}, {"use_cpu": True}),
        ({"adafactor": True}, {"optim": "adafactor"}),
        ({"group_by_length": "yes"}, {"train_sampling_strategy": "group_by_length"}),
        ({"include_inputs_for_metrics": True}, {"include_for_metrics": ["inputs"]}),
        ({"torchdynamo": "inductor"}, {"torch_compile_backend": "inductor"}),
        ({"xpu_backend": "gloo"}, {"ddp_backend": "gloo"}),
        ({"push_to_hub_model_id": "a/b"}, {"hub_model_id": "a/b"}),
        ({"push_to_hub_token": "secret"}, {"hub_token": "secret"}),
        ({"fsdp_min_num_params": 9}, {"fsdp_config": {"min_num_params": 9}}),
        (
            {"fsdp_transformer_layer_cls_to_wrap": "GLMBlock"},
            {"fsdp_config": {"transformer_layer_cls_to_wrap": ["GLMBlock"]}},
        ),
        ({"optim": "adamw_hf"}, {"optim": "adamw_torch"}),
        ({"model_max_length": "513"}, {"max_source_length": 257, "max_target_length": 256}),
        ({"use_lora": "True"}, {"method": "lora", "lora_rank": 1, "lora_alpha": 32.0, "lora_dropout": 0.1}),
        ({"use_lora": False}, {"method": "full"}),
    ],
)
def test_what_has_another_name_now_has_the_same_effect(given: dict[str, Any], expected: dict[str, Any]) -> None:
    recipe = built(**given)

    found = {**vars_of(recipe), **recipe.settings, **recipe.training}
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    "given",
    [
        {"warmup_ratio": 0},
        {"no_cuda": False},
        {"adafactor": "no", "optim": "sgd"},
        {"group_by_length": False},
        {"fsdp_min_num_params": 0},
        {"fsdp_transformer_layer_cls_to_wrap": None},
        {"per_gpu_train_batch_size": None},
        {"xpu_backend": None},
    ],
)
def test_what_asked_for_nothing_asks_for_nothing(given: dict[str, Any]) -> None:
    kept = {name: value for name, value in given.items() if name == "optim"}

    assert built(**given) == built(**kept)


def test_every_renamed_name_is_tested() -> None:
    tested = {name for mark in _cases(test_what_has_another_name_now_has_the_same_effect) for name in mark[0]}

    assert {name for name, gone in GONE.items() if gone.becomes is not None} - tested == set()


def vars_of(recipe: Recipe) -> dict[str, Any]:
    return {field.name: getattr(recipe, field.name) for field in fields(recipe)}


def _cases(test: Any) -> list[Any]:
    return list(test.pytestmark[0].args[1])


@pytest.mark.parametrize("name", SAME)
def test_another_name_leads_to_a_key_and_is_none_itself(name: str) -> None:
    assert SAME[name] in KEYS
    assert name not in KEYS | set(INSTEAD) | set(GONE)


@pytest.mark.parametrize("name", WORDS)
def test_other_words_lead_to_words_that_the_key_knows(name: str) -> None:
    key = {key.name: key for key in every_key()}[SAME.get(name, name)]

    assert set(WORDS[name].values()) <= set(key.choices)
    assert set(WORDS[name]) & set(key.choices) <= {"p_tuning"}  # which was P-Tuning v2 by its old name only


def test_finetuning_type_p_tuning_was_p_tuning_v2() -> None:
    assert built(finetuning_type="p_tuning").method == "p_tuning_v2"
    assert built(method="p_tuning").method == "p_tuning"


def test_gradient_checkpointing_goes_by_the_name_that_the_installed_transformers_have() -> None:
    [name] = {"gradient_checkpointing", "activation_checkpointing"} & set(training_keys())

    recipes = [built(gradient_checkpointing=True), built(activation_checkpointing=True)]

    assert [recipe.training[name] for recipe in recipes] == [True, True]
    assert current_name(name) == name


def test_two_names_of_one_thing_may_say_the_same() -> None:
    assert built("--lora_r 4 --lora_rank 4 --method lora").settings["lora_rank"] == 4


def test_a_model_without_pre_seq_len_was_trained_whole_by_the_official_script() -> None:
    flags = "--train_file x.json --model_name_or_path m"

    assert "method: full" in notes(flags)[0]
    assert notes(f"{flags} --pre_seq_len 8") == notes(f"{flags} --method full") == []


def test_official_names_are_not_shadowed_by_our_own() -> None:
    assert set(OFFICIAL) & set(own_keys()) == set()
