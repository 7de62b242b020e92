"""Every recipe that comes with the program can be built, and says what it is for."""

import pytest

from schemas.errors import OptionError
from tests.train.recipe.building import built
from tests.train.recipe.test_official_scripts import BELLE, TRAIN
from train.recipe.build import build_recipe
from train.recipe.presets import PRESETS, about, preset_text, recipe_layer
from train.recipe.recipe import Recipe


def preset(name: str) -> Recipe:
    return build_recipe([recipe_layer(name)])[0]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_built_without_a_word(name: str) -> None:
    recipe, notes = build_recipe([recipe_layer(name)])

    assert notes == []
    assert recipe.do_train


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_it_is_for_and_where_its_numbers_come_from(name: str) -> None:
    first, second, *_ = preset_text(name).splitlines()

    assert first.startswith("# ")
    assert len(about(name)) > 20
    assert second.startswith("# Numbers: ")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_names_its_model_its_method_and_its_learning_rate(name: str) -> None:
    """So that another method drops the learning rate, and another default of ours changes nothing."""
    keys = recipe_layer(name)[1]

    assert {"method", "learning_rate", "max_source_length", "max_target_length", "model"} <= set(keys)


def test_the_presets_of_the_issue_are_there() -> None:
    assert {"official-advgen", "official-chat", "patent-3090"} <= set(PRESETS)


def test_official_advgen_is_train_sh_with_the_official_encoding() -> None:
    recipe, script = preset("official-advgen"), built(TRAIN.format(workers="", target=64))

    different = {
        name
        for name in Recipe.__dataclass_fields__
        if getattr(recipe, name) != getattr(script, name) and name != "training"
    }
    assert different == {"encoding", "split_special_tokens", "output_dir", "overwrite", "predict_with_generate"}
    checkpointing = set(recipe.training) - set(script.training)
    assert {key: value for key, value in recipe.training.items() if key not in checkpointing} == script.training
    assert len(checkpointing) == 1


def test_baichuan2_belle_is_fine_tune_py_with_the_official_encoding() -> None:
    recipe, script = preset("baichuan2-belle"), built(f"{BELLE} --use_lora True")

    different = {
        name
        for name in Recipe.__dataclass_fields__
        if getattr(recipe, name) != getattr(script, name) and name not in ("training", "settings")
    }
    assert different == {"encoding", "split_special_tokens", "train_file", "output_dir"}
    assert dict(recipe.settings) == {**script.settings, "lora_target": "W_pack"}
    left = {key: script.training[key] for key in set(script.training) - set(recipe.training)}
    assert left == {"deepspeed": "ds_config.json"}
    assert script.training == {**recipe.training, **left}


def test_patent_3090_takes_64_records_a_step_for_3000_steps() -> None:
    training = preset("patent-3090").training
    batch = training.get("per_device_train_batch_size", 8) * training["gradient_accumulation_steps"]

    assert (batch, training["max_steps"]) == (64, 3000)


def test_a_preset_can_be_turned_to_a_dataset_and_another_method() -> None:
    recipe, notes = build_recipe(
        [recipe_layer("official-advgen"), ("--set", {"dataset": "data/legal", "method": "lora"})]
    )

    assert (recipe.dataset, recipe.train_file, recipe.method) == ("data/legal", None, "lora")
    assert len(notes) == 3


@pytest.mark.parametrize("name", ["patent-309", "quik"])
def test_an_unknown_preset_is_answered_with_the_nearest(name: str) -> None:
    with pytest.raises(OptionError, match=r"no such file and no such preset; did you mean (patent-3090|quick)"):
        recipe_layer(name)


def test_a_file_that_is_missing_is_named() -> None:
    with pytest.raises(OptionError, match=r"mine.yaml: cannot be read: No such file"):
        recipe_layer("mine.yaml")
