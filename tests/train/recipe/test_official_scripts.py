"""The command lines of the official scripts, word for word behind ``main.py``, as recipes."""

import pytest

from tests.train.recipe.building import built, notes

TRAIN = """
    --do_train
    --train_file AdvertiseGen/train.json
    --validation_file AdvertiseGen/dev.json
    {workers}
    --prompt_column content
    --response_column summary
    --overwrite_cache
    --model_name_or_path THUDM/chatglm-6b
    --output_dir output/adgen-chatglm-6b-pt-128-2e-2
    --overwrite_output_dir
    --max_source_length 64
    --max_target_length {target}
    --per_device_train_batch_size 1
    --per_device_eval_batch_size 1
    --gradient_accumulation_steps 16
    --predict_with_generate
    --max_steps 3000
    --logging_steps 10
    --save_steps 1000
    --learning_rate 2e-2
    --pre_seq_len 128
    --quantization_bit 4
"""
TRAIN_CHAT = """
    --do_train
    --train_file chat/train.json
    --validation_file chat/dev.json
    --prompt_column prompt
    --response_column response
    --history_column history
    --overwrite_cache
    --model_name_or_path THUDM/chatglm-6b
    --output_dir output/chat
    --overwrite_output_dir
    --max_source_length 256
    --max_target_length 256
    --per_device_train_batch_size 1
    --per_device_eval_batch_size 1
    --gradient_accumulation_steps 16
    --predict_with_generate
    --max_steps 3000
    --logging_steps 10
    --save_steps 1000
    --learning_rate 1e-2
    --pre_seq_len 128
    --quantization_bit 4
"""
EVALUATE = """
    --do_predict
    --validation_file AdvertiseGen/dev.json
    --test_file AdvertiseGen/dev.json
    --overwrite_cache
    --prompt_column content
    --response_column summary
    --model_name_or_path THUDM/chatglm-6b
    --ptuning_checkpoint ./output/adgen-chatglm-6b-pt-128-2e-2/checkpoint-3000
    --output_dir ./output/adgen-chatglm-6b-pt-128-2e-2
    --overwrite_output_dir
    --max_source_length 64
    --max_target_length 64
    --per_device_eval_batch_size 1
    --predict_with_generate
    --pre_seq_len 128
    --quantization_bit 4
"""
FULL = """
    --deepspeed deepspeed.json
    --do_train
    --train_file AdvertiseGen/train.json
    --test_file AdvertiseGen/dev.json
    --prompt_column content
    --response_column summary
    --overwrite_cache
    --model_name_or_path THUDM/chatglm-6b
    --output_dir ./output/adgen-chatglm-6b-ft-1e-4
    --overwrite_output_dir
    --max_source_length 64
    --max_target_length 64
    --per_device_train_batch_size 4
    --per_device_eval_batch_size 1
    --gradient_accumulation_steps 1
    --predict_with_generate
    --max_steps 5000
    --logging_steps 10
    --save_steps 1000
    --learning_rate 1e-4
    --fp16
    --method full
"""
"""With the one flag that the official script did without: whoever gave no ``--pre_seq_len`` trained everything."""


BELLE = """
    --report_to none
    --data_path data/belle_chat_ramdon_10k.json
    --model_name_or_path baichuan-inc/Baichuan2-7B-Base
    --output_dir output
    --model_max_length 512
    --num_train_epochs 4
    --per_device_train_batch_size 16
    --gradient_accumulation_steps 1
    --save_strategy epoch
    --learning_rate 2e-5
    --lr_scheduler_type constant
    --adam_beta1 0.9
    --adam_beta2 0.98
    --adam_epsilon 1e-8
    --max_grad_norm 1.0
    --weight_decay 1e-4
    --warmup_ratio 0.0
    --logging_steps 1
    --gradient_checkpointing True
    --deepspeed ds_config.json
    --bf16 True
    --tf32 True
"""
"""Of Baichuan2's ``fine-tune.py``; ``--use_lora True`` makes it train a LoRA."""


@pytest.mark.parametrize(("workers", "target"), [("", 64), ("--preprocessing_num_workers 10", 128)])
def test_train_sh(workers: str, target: int) -> None:
    recipe = built(TRAIN.format(workers=workers, target=target))

    assert (recipe.model, recipe.method, recipe.settings["pre_seq_len"]) == ("THUDM/chatglm-6b", "p_tuning_v2", 128)
    assert recipe.quantization == "int4"
    assert (recipe.train_file, recipe.validation_file) == ("AdvertiseGen/train.json", "AdvertiseGen/dev.json")
    assert (recipe.prompt_column, recipe.response_column, recipe.history_column) == ("content", "summary", None)
    assert (recipe.max_source_length, recipe.max_target_length) == (64, target)
    assert (recipe.do_train, recipe.do_eval, recipe.do_predict) == (True, False, False)
    assert (recipe.output_dir, recipe.overwrite) == ("output/adgen-chatglm-6b-pt-128-2e-2", True)
    assert recipe.predict_with_generate
    assert recipe.training == {
        "per_device_train_batch_size": 1,
        "per_device_eval_batch_size": 1,
        "gradient_accumulation_steps": 16,
        "max_steps": 3000,
        "learning_rate": 0.02,
        "logging_steps": 10,
        "save_strategy": "steps",
        "save_steps": 1000,
        "eval_strategy": "no",
        "load_best_model_at_end": False,
        "report_to": "tensorboard",
    }


def test_train_sh_says_what_it_ignores_and_nothing_else() -> None:
    said = notes(TRAIN.format(workers="--preprocessing_num_workers 10", target=64))

    assert [line.split(" is ignored: ")[0] for line in said] == [
        "command line: preprocessing_num_workers",
        "command line: overwrite_cache",
    ]


def test_train_chat_sh() -> None:
    recipe = built(TRAIN_CHAT)

    assert (recipe.prompt_column, recipe.response_column, recipe.history_column) == ("prompt", "response", "history")
    assert (recipe.max_source_length, recipe.max_target_length) == (256, 256)
    assert (recipe.training["learning_rate"], recipe.quantization) == (0.01, "int4")


def test_evaluate_sh() -> None:
    recipe = built(EVALUATE)

    assert (recipe.do_train, recipe.do_eval, recipe.do_predict) == (False, False, True)
    assert recipe.adapter == "./output/adgen-chatglm-6b-pt-128-2e-2/checkpoint-3000"
    assert (recipe.test_file, recipe.quantization) == ("AdvertiseGen/dev.json", "int4")
    assert recipe.predict_with_generate


def test_ds_train_finetune_sh() -> None:
    recipe = built(FULL)

    assert recipe.method == "full"
    assert recipe.training.items() >= {("fp16", True), ("deepspeed", "deepspeed.json"), ("max_steps", 5000)}


@pytest.mark.parametrize(("use_lora", "method"), [("--use_lora True", "lora"), ("--use_lora False", "full")])
def test_fine_tune_py_of_baichuan2(use_lora: str, method: str) -> None:
    recipe = built(f"{BELLE} {use_lora}")

    assert (recipe.model, recipe.train_file) == ("baichuan-inc/Baichuan2-7B-Base", "data/belle_chat_ramdon_10k.json")
    assert (recipe.method, recipe.output_dir) == (method, "output")
    assert recipe.max_source_length + recipe.max_target_length == 512
    assert "gradient_accumulation_steps" not in recipe.training  # 1 is the default of transformers
    assert recipe.training.items() >= {
        ("per_device_train_batch_size", 16),
        ("num_train_epochs", 4.0),
        ("save_strategy", "epoch"),
        ("learning_rate", 2e-5),
        ("lr_scheduler_type", "constant"),
        ("adam_beta2", 0.98),
        ("weight_decay", 1e-4),
        ("logging_steps", 1),
        ("deepspeed", "ds_config.json"),
        ("bf16", True),
        ("tf32", True),
        ("report_to", "none"),
    }
    assert notes(f"{BELLE} {use_lora}") == []


def test_without_use_lora_fine_tune_py_trained_everything_and_a_note_says_so() -> None:
    assert "method: full" in notes(BELLE)[0]
