"""Everything that is wrong with a recipe is told, at once, and before anything is loaded."""

from typing import Any

import pytest

from schemas.errors import OptionError
from tests.train.recipe.building import built, mistakes
from train.recipe.build import build_recipe

FILES = {"train_file": "train.json", "prompt_column": "content", "response_column": "summary"}


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("--lerning_rate 1e-3", "command line: lerning_rate: no such key; did you mean learning_rate?"),
        ("--pre_seq 8", "command line: pre_seq: no such key; did you mean pre_seq_len?"),
        ("--xyzzy 8", "command line: xyzzy: no such key; prep recipes --keys lists them"),
        ("--cutoff_len 512", "command line: cutoff_len: no such key; prompt and answer have limits of their own"),
        ("--max_steps many", "command line: max_steps 'many': expected a whole number"),
        ("--max_steps 3.5", "command line: max_steps '3.5': expected a whole number"),
        ("--max_steps 1 2", "command line: max_steps ['1', '2']: expected a whole number"),
        ("--learning_rate nan", "command line: learning_rate 'nan': expected a number"),
        ("--learning_rate -0.1", "command line: learning_rate -0.1: expected a number above 0"),
        ("--batch_size 0", "command line: batch_size 0: expected 1 or more"),
        ("--max_source_length 1", "command line: max_source_length 1: expected 2 or more"),
        ("--max_target_length 0", "command line: max_target_length 0: expected 2 or more"),
        ("--max_steps -7", "command line: max_steps -7: expected a number of steps, or -1"),
        ("--save_steps 2.5", "command line: save_steps 2.5: expected a whole number, or a share of all steps below 1"),
        ("--adam_beta1 1", "command line: adam_beta1 1.0: expected 0 or more, and less than 1"),
        ("--warmup_ratio x", "command line: warmup_ratio 'x': expected a number; it is warmup_steps, a share"),
        ("--fp16 maybe", "command line: fp16 'maybe': expected true or false"),
        ("--name", "command line: name True: expected a text or nothing (None)"),
        ("--method lora --peft_config 8", "command line: peft_config '8': expected a mapping"),
        (
            "--encoding oficial",
            "command line: encoding 'oficial': did you mean official? choose one of: default, offi",
        ),
        ("--quantization int5", "command line: quantization 'int5': did you mean int8 or int4? choose one of: none,"),
        ("--fsdp maybe", "fsdp 'maybe': expected true, which is what full_shard and auto_wrap were, or false"),
        ("--fsdp no", "fsdp 'no': expected true"),
        ("--loss first", "command line: loss 'first': choose one of: last, all"),
        ("--scale_lr cubic", "command line: scale_lr 'cubic': choose one of: none, linear, sqrt"),
        ("--prompt_template patents", "command line: prompt_template 'patents': did you mean patent"),
        ("--optim adamw", "command line: optim 'adamw': did you mean adamw_torch"),
        ("--method lora2", "command line: no method 'lora2'; did you mean lora?"),
        ("--lora_rank 4", "command line: lora_rank '4': belongs to lora, and the method is p_tuning_v2"),
        ("--pre_seq_len 0", "method p_tuning_v2: pre_seq_len is 0; expected at least 1"),
        (
            "--model a --model_name_or_path b",
            "command line: model and model_name_or_path are one thing, with 'a' and 'b'",
        ),
        ("--resume --overwrite", "resume and overwrite: one goes on with the run that the other removes"),
        ("--fp16 --bf16", "fp16 and bf16: a training has one precision"),
        ("--encoding official --loss all", "loss all: the official encoding learns the last answer only"),
        (
            "--encoding official --prompt_template patent",
            "prompt_template patent: the official encoding knows source_pre",
        ),
        ("--do_train False --do_eval False", "do_train, do_eval and do_predict are all false: there is nothing to do"),
        ("--early_stopping_patience 3 --do_eval no", "early_stopping_patience without evaluation: needs do_eval"),
        (
            "--do_eval no --eval_strategy epoch",
            "command line: eval_strategy epoch: with do_eval false nothing is evaluated",
        ),
        (
            "--load_best_model_at_end --do_eval no",
            "load_best_model_at_end with eval_strategy no and save_strategy epoch",
        ),
        (
            "--load_best_model_at_end --save_steps 100 --eval_steps 70",
            "load_best_model_at_end with eval_strategy steps and save_strategy steps every 70 and 100",
        ),
        ("--name a/b", "name 'a/b': expected the name of a folder, without slashes"),
        ("--name a --output_dir b", "name and output_dir: both name the run's folder"),
        (
            "--dataset data/legal --train_file x.json",
            "command line: dataset data/legal: has its records and columns itself",
        ),
        ("--train_file x.json --prompt_column q", "prompt_column: prompt_column and response_column belong together"),
        ("--train_file x.json --history_column h", "history_column: prompt_column and response_column belong together"),
        ("--validation_file x.json", "do_train without train_file: only validation_file given"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(flags: str, expected: str) -> None:
    [line] = mistakes(flags)

    assert line.startswith(expected)


def test_all_mistakes_are_told_together_each_in_a_line_of_its_own() -> None:
    with pytest.raises(OptionError) as raised:
        build_recipe([("recipe.yaml", {"lerning_rate": "1", "seed": "x"}), ("--set", {"fp16": "true", "bf16": "true"})])

    assert str(raised.value).splitlines() == [
        "3 mistakes in the recipe, nothing was loaded:",
        "  recipe.yaml: lerning_rate: no such key; did you mean learning_rate?",
        "  recipe.yaml: seed 'x': expected a whole number",
        "  fp16 and bf16: a training has one precision; keep one of them",
    ]


def test_settings_of_an_unknown_method_are_not_blamed() -> None:
    [line] = mistakes("--method lora2 --lora_rank 4")

    assert "no method 'lora2'" in line


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"dataset": "data/legal"},
        FILES,
        {**FILES, "history_column": "history"},
        {"train_file": "train.json"},
        {"max_steps": 10, "num_train_epochs": 3},
        {"fp16": True, "bf16": False},
        {"learning_rate": None, "logging_steps": 0.1},
        {"do_eval": False, "eval_strategy": "no"},
        {"early_stopping_patience": 2},
        {"encoding": "official", "source_prefix": "摘要："},
    ],
)
def test_what_can_be_is_not_refused(keys: dict[str, Any]) -> None:
    recipe = built(**keys)

    assert {name: getattr(recipe, name) for name in keys if hasattr(recipe, name)}.items() <= keys.items()
