"""Later layers over earlier ones, and what an earlier one had in mind for another method or other records."""

from typing import Any

import pytest

from tests.train.recipe.building import NEEDED, built, mistakes, notes
from train.methods.registry import METHODS
from train.recipe.build import build_recipe
from train.recipe.keys import method_keys

ADVGEN: dict[str, Any] = {
    "method": "p_tuning_v2",
    "pre_seq_len": 64,
    "learning_rate": "2e-2",
    "train_file": "train.json",
    "prompt_column": "content",
    "response_column": "summary",
}


def test_flags_go_before_set_and_set_before_a_file() -> None:
    layers = [("recipe.yaml", {"seed": "1", "name": "a", "out": "x"}), ("--set", {"seed": "2", "name": "b"})]

    recipe, _ = build_recipe([*layers, ("command line", {"seed": "3"})])

    assert (recipe.training["seed"], recipe.name, recipe.out) == (3, "b", "x")


def test_a_later_layer_may_use_another_name() -> None:
    assert built("--model tiny", model_name_or_path="THUDM/chatglm-6b").model == "tiny"


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
def test_a_method_brings_its_learning_rate_and_all_its_settings(method: Any) -> None:
    needed = NEEDED.get(method.name, {})

    recipe = built(method=method.name, **needed)

    assert recipe.training["learning_rate"] == method.learning_rate
    assert set(recipe.settings) == set(method_keys(method.name))
    assert method.settings(**recipe.settings) == method.settings(**needed)


@pytest.mark.parametrize("alias", ["ptuning", "p-tuning-v2", "P_Tuning_V2"])
def test_a_method_is_called_by_its_name_in_the_end(alias: str) -> None:
    assert built(method=alias).method == "p_tuning_v2"


def test_another_method_takes_neither_the_settings_nor_the_learning_rate_of_the_one_it_replaces() -> None:
    recipe = built("--method lora", **ADVGEN)

    assert "pre_seq_len" not in recipe.settings
    assert recipe.training["learning_rate"] == METHODS["lora"].learning_rate
    assert notes("--method lora", **ADVGEN) == [
        "python: pre_seq_len is left out: it belongs to p_tuning_v2 and prefix_tuning, and the method is lora",
        "python: learning_rate 2e-2 is left out: it was for p_tuning_v2; lora has its own",
    ]


def test_settings_that_the_other_method_has_too_stay() -> None:
    assert built("--method prefix_tuning", **ADVGEN).settings["pre_seq_len"] == 64


def test_a_learning_rate_that_no_method_was_named_with_stays() -> None:
    assert built("--method lora", learning_rate="3e-4").training["learning_rate"] == 3e-4


def test_naming_the_same_method_again_changes_nothing() -> None:
    assert built("--method ptuning", **ADVGEN) == built(**ADVGEN)


def test_a_dataset_takes_the_place_of_the_files_of_an_earlier_layer() -> None:
    recipe = built("--dataset data/legal", **ADVGEN)

    assert (recipe.dataset, recipe.train_file, recipe.prompt_column) == ("data/legal", None, None)
    assert notes("--dataset data/legal", **ADVGEN) == [
        "command line: the dataset data/legal takes the place of train_file, prompt_column, response_column"
    ]


def test_files_take_the_place_of_the_dataset_of_an_earlier_layer() -> None:
    recipe = built("--train_file x.json", dataset="data/legal")

    assert (recipe.dataset, recipe.train_file) == (None, "x.json")


def test_columns_alone_do_not_take_the_place_of_a_dataset() -> None:
    assert "dataset data/legal: has its records" in mistakes("--prompt_column x", dataset="data/legal")[0]


@pytest.mark.parametrize(
    ("flags", "keys", "deeds"),
    [
        ("", {}, (True, True, False)),
        ("--do_train", {}, (True, False, False)),
        ("--do_predict", {}, (False, False, True)),
        ("--do_train --do_eval", {}, (True, True, False)),
        ("--do_eval False", {}, (True, False, False)),
        ("--do_train False --do_predict", {}, (False, False, True)),
        ("--do_predict", {"do_train": True, "do_eval": True, "do_predict": False}, (False, False, True)),
        ("--do_train --evaluation_strategy epoch", {}, (True, True, False)),
        ("--do_eval False", {"eval_strategy": "epoch"}, (True, False, False)),
        ("--eval_strategy steps", {"do_eval": False}, (True, True, False)),
    ],
)
def test_what_is_asked_for_happens_and_nothing_else(
    flags: str, keys: dict[str, Any], deeds: tuple[bool, bool, bool]
) -> None:
    recipe = built(flags, **keys)

    assert (recipe.do_train, recipe.do_eval, recipe.do_predict) == deeds


@pytest.mark.parametrize(
    ("keys", "saving", "evaluating", "best"),
    [
        ({}, ("epoch", 500), ("epoch", None), True),
        ({"max_steps": 3000}, ("steps", 1000), ("steps", 1000), True),
        ({"max_steps": 30}, ("steps", 30), ("steps", 30), True),
        ({"save_steps": 200}, ("steps", 200), ("steps", 200), True),
        ({"eval_steps": 50}, ("steps", 50), ("steps", 50), True),
        ({"save_steps": 200, "eval_steps": 50}, ("steps", 200), ("steps", 50), True),
        ({"save_steps": 200, "eval_steps": 70}, ("steps", 200), ("steps", 70), False),
        ({"save_strategy": "epoch", "max_steps": 9}, ("epoch", 500), ("epoch", None), True),
        ({"eval_strategy": "epoch", "max_steps": 9}, ("epoch", 500), ("epoch", None), True),
        ({"save_strategy": "no"}, ("no", 500), ("epoch", None), False),
        ({"do_eval": False, "save_steps": 7}, ("steps", 7), ("no", None), False),
        ({"load_best_model_at_end": False}, ("epoch", 500), ("epoch", None), False),
        ({"eval_strategy": "no"}, ("epoch", 500), ("no", None), False),
    ],
)
def test_how_often_is_saved_and_evaluated_follows_from_what_is_given(
    keys: dict[str, Any], saving: tuple[str, int], evaluating: tuple[str, int | None], best: bool
) -> None:
    training = built(**keys).training

    assert (training["save_strategy"], training.get("save_steps", 500)) == saving
    assert (training["eval_strategy"], training.get("eval_steps")) == evaluating
    assert training["load_best_model_at_end"] is best


def test_only_what_differs_from_the_library_stands_in_the_recipe() -> None:
    training = built(per_device_train_batch_size=8, gradient_accumulation_steps=4, adam_beta2=0.999).training

    assert set(training) & {"per_device_train_batch_size", "gradient_accumulation_steps", "adam_beta2"} == {
        "gradient_accumulation_steps"
    }


def test_what_every_training_here_decides_itself_is_ignored_aloud() -> None:
    assert notes("--push_to_hub") == ["command line: push_to_hub True is ignored: it is False in every training here"]


def test_the_official_encoding_reads_control_tokens_as_such_unless_told_otherwise() -> None:
    assert built(encoding="official").split_special_tokens is False
    assert built(encoding="official", split_special_tokens=True).split_special_tokens is True
    assert built().split_special_tokens is True
