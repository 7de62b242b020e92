"""A saved recipe holds every key, and makes the same recipe again."""

import stat
from pathlib import Path
from typing import Any

import pytest

from tests.train.recipe.building import NEEDED, built
from tests.train.recipe.test_official_scripts import EVALUATE, FULL, TRAIN
from train.methods.registry import METHODS
from train.recipe.build import build_recipe
from train.recipe.keys import method_keys, own_keys, training_keys
from train.recipe.presets import PRESETS, recipe_layer
from train.recipe.reading import read_layer
from train.recipe.recipe import Recipe
from train.recipe.saving import load_recipe, save_recipe

AWKWARD: dict[str, Any] = {
    "name": "010",
    "source_prefix": "  根据：\n“摘要”: # no\t",
    "prompt_column": "yes",
    "response_column": "no",
    "train_file": "2026-11-05",
    "run_name": "1e3",
    "resume": "true story",
    "learning_rate": 1e-5,
    "adam_epsilon": 1e-8,
    "report_to": ["tensorboard", "wandb"],
    "lr_scheduler_kwargs": {"num_cycles": 2, "power": 0.5, "word": "no", "number": "8"},
    "per_device_train_batch_size": 8,
    "warmup_steps": 0.1,
    "include_for_metrics": ["inputs"],
    "tf32": False,
}


def same_again(recipe: Recipe, folder: Path) -> Recipe:
    save_recipe(recipe, folder / "recipe.yaml")
    return load_recipe(folder / "recipe.yaml")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_reads_back_equal(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(name)

    assert same_again(recipe, tmp_path) == recipe


@pytest.mark.parametrize("method", METHODS)
def test_every_method_reads_back_equal(method: str, tmp_path: Path) -> None:
    recipe = built(method=method, max_steps=7, **NEEDED.get(method, {}))

    assert same_again(recipe, tmp_path) == recipe


@pytest.mark.parametrize("flags", [TRAIN.format(workers="", target=64), EVALUATE, FULL, "", "--resume", "--do_predict"])
def test_what_flags_made_reads_back_equal(flags: str, tmp_path: Path) -> None:
    recipe = built(flags)

    assert same_again(recipe, tmp_path) == recipe


def test_awkward_values_read_back_equal(tmp_path: Path) -> None:
    recipe = built(**AWKWARD)

    assert same_again(recipe, tmp_path) == recipe
    assert recipe.training["lr_scheduler_kwargs"]["number"] == "8"


def test_peft_config_and_lists_read_back_equal(tmp_path: Path) -> None:
    config = {"use_dora": True, "rank_pattern": {"layers.0": 4}, "target_modules": ["dense", "8"], "bias": "none"}
    recipe = built(method="lora", lora_target=["query_key_value", "dense"], peft_config=config)

    again = same_again(recipe, tmp_path)

    assert again == recipe
    assert again.settings["peft_config"] == config


@pytest.mark.parametrize("method", METHODS)
def test_a_saved_recipe_has_every_key(method: str, tmp_path: Path) -> None:
    save_recipe(built(method=method, **NEEDED.get(method, {})), tmp_path / "recipe.yaml")

    assert list(read_layer(tmp_path / "recipe.yaml")) == _in_order(method)


def _in_order(method: str) -> list[str]:
    own = list(own_keys())
    after = own.index("merge") + 1
    return [*own[:after], *method_keys(method), *own[after:], *training_keys()]


def test_saving_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("old", encoding="utf-8")

    save_recipe(built(), path)

    assert [each.name for each in tmp_path.iterdir()] == ["recipe.yaml"]
    assert stat.S_ISREG(path.stat().st_mode)


def test_a_secret_is_not_saved(tmp_path: Path) -> None:
    keys = {"hub_token": "hf_abc"}

    save_recipe(built(**keys), tmp_path / "recipe.yaml")

    assert "hf_abc" not in (tmp_path / "recipe.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("method", METHODS)
def test_a_saved_recipe_is_built_again_without_a_word(method: str, tmp_path: Path) -> None:
    save_recipe(built(method=method, **NEEDED.get(method, {})), tmp_path / "recipe.yaml")

    assert build_recipe([recipe_layer(str(tmp_path))])[1] == []


def test_a_run_is_a_recipe_by_its_folder(tmp_path: Path) -> None:
    recipe = built(method="lora")
    save_recipe(recipe, tmp_path / "recipe.yaml")

    assert build_recipe([recipe_layer(str(tmp_path))])[0] == recipe


def test_a_field_without_a_value_is_left_to_the_installed_transformers() -> None:
    """One version calls ``gradient_checkpointing`` a switch that is off, another one a switch that nobody set."""
    assert built(gradient_checkpointing=None, weight_decay=None) == built()
