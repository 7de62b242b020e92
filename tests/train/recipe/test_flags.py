"""Flags are split as the argument parser of transformers 4.27 split them."""

import pytest

from schemas.errors import OptionError
from tests.train.recipe.building import built, mistakes
from train.recipe.flags import parse_flags, parse_pairs


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--fp16"], {"fp16": True}),
        (["--fp16", "False"], {"fp16": "False"}),
        (["--learning_rate=2e-2"], {"learning_rate": "2e-2"}),
        (["--max-steps", "-1"], {"max_steps": "-1"}),
        (["--report_to", "tensorboard", "wandb"], {"report_to": ["tensorboard", "wandb"]}),
        (["--source_prefix="], {"source_prefix": ""}),
        (["--source_prefix=--x"], {"source_prefix": "--x"}),
        (["--source_prefix", "答：a=b"], {"source_prefix": "答：a=b"}),
        (["--seed", "1", "--seed", "2"], {"seed": "2"}),
        (["--do_train", "--seed", "1"], {"do_train": True, "seed": "1"}),
        ([], {}),
    ],
)
def test_flags_become_keys_and_text(args: list[str], expected: dict[str, object]) -> None:
    assert parse_flags(args) == expected


@pytest.mark.parametrize("args", [["legal"], ["-x", "1"], ["--", "x"]])
def test_what_belongs_to_no_flag_is_refused(args: list[str]) -> None:
    with pytest.raises(OptionError, match="belongs to no flag; expected one such as --max_steps 3000"):
        parse_flags(args)


def test_pairs_of_set_may_hold_anything_behind_the_first_equals_sign() -> None:
    pairs = parse_pairs(["pre-seq-len=64", "source_prefix=a=b", "name="])

    assert pairs == {"pre_seq_len": "64", "source_prefix": "a=b", "name": ""}


@pytest.mark.parametrize("pair", ["max_steps", "=3"])
def test_a_set_without_key_or_value_is_refused(pair: str) -> None:
    with pytest.raises(OptionError, match=f"--set {pair}: expected key=value"):
        parse_pairs([pair])


def test_flags_are_typed_by_their_keys() -> None:
    recipe = built(
        "--method lora --learning_rate 2e-2 --fp16 False --bf16 --max_train_samples None --name 010 --report_to wandb "
        "--lora_target query_key_value dense --save_total_limit 2 --adam_beta2 .98 --num_train_epochs 1"
    )

    assert (recipe.max_train_samples, recipe.name) == (None, "010")
    assert recipe.settings["lora_target"] == ("query_key_value", "dense")
    assert recipe.training.items() >= {
        ("learning_rate", 0.02),
        ("bf16", True),
        ("report_to", "wandb"),
        ("save_total_limit", 2),
        ("adam_beta2", 0.98),
        ("num_train_epochs", 1.0),
    }
    assert "fp16" not in recipe.training


@pytest.mark.parametrize(
    "flags", ["--no_split_special_tokens", "--split_special_tokens no", "--split_special_tokens 0"]
)
def test_a_switch_can_be_turned_off_in_every_official_way(flags: str) -> None:
    assert built(flags).split_special_tokens is False


def test_a_switch_alone_is_on_even_where_its_key_takes_text_too() -> None:
    recipe = built("--resume --fsdp")

    assert recipe.resume is True
    assert recipe.training["fsdp"] is True


def test_resume_takes_a_checkpoint_as_well() -> None:
    assert built("--resume_from_checkpoint output/x/checkpoint-1000").resume == "output/x/checkpoint-1000"
    assert built("--resume false").resume is False


def test_steps_below_one_are_a_share_and_others_whole() -> None:
    recipe = built("--warmup_steps 0.03 --save_steps 250.0 --eval_steps 250")

    assert [repr(recipe.training[name]) for name in ("warmup_steps", "save_steps", "eval_steps")] == [
        "0.03",
        "250",
        "250",
    ]


def test_a_stray_word_behind_a_switch_is_named() -> None:
    assert mistakes("--overwrite legal") == ["command line: overwrite 'legal': expected true or false"]


def test_a_mapping_can_stand_on_the_command_line() -> None:
    recipe = built("--method lora --peft_config '{use_dora: true, r: 4, init_lora_weights: \"8\"}'")

    assert recipe.settings["peft_config"] == {"use_dora": True, "r": 4, "init_lora_weights": "8"}
