"""Methods by name, and their settings from what a person wrote."""

import re
from pathlib import Path
from typing import Any

import pytest

import train.methods
from schemas.errors import OptionError
from train.methods.method import Method
from train.methods.registry import METHODS, method_of, settings_of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("p_tuning_v2", "p_tuning_v2"),
        ("P-Tuning-v2", "p_tuning_v2"),
        ("ptuning", "p_tuning_v2"),
        ("prefix", "prefix_tuning"),
        ("p-tuning", "p_tuning"),
        ("LoRA", "lora"),
        ("freeze_tuning", "freeze"),
        ("full-tuning", "full"),
    ],
)
def test_a_method_is_known_by_the_names_that_others_gave_it(name: str, expected: str) -> None:
    assert method_of(name).name == expected


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
def test_no_other_method_has_one_of_its_names(method: Method) -> None:
    assert all(method_of(name) is method for name in (method.name, *method.aliases))


def test_every_file_of_a_method_stands_in_the_registry() -> None:
    folder = Path(train.methods.__file__).parent
    files = {path.stem for path in folder.glob("*.py") if re.search(r"^\w+ = Method\(", path.read_text("utf-8"), re.M)}

    assert files == METHODS.keys()


def test_an_unknown_method_is_refused_with_what_is_near_and_what_there_is() -> None:
    with pytest.raises(OptionError, match=r"no method 'lora2'; did you mean lora\? choose one of: adapter, .*p_tuning"):
        method_of("lora2")


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
def test_every_setting_has_a_default_and_an_unknown_one_is_told(method: Method) -> None:
    with pytest.raises(OptionError, match=f"method {method.name}: .*no setting 'pre_seq_length'.*no setting 'zzz'"):
        settings_of(method, {"pre_seq_length": 3, "zzz": 1})


@pytest.mark.parametrize(
    ("method", "values", "message"),
    [
        ("p_tuning_v2", {"pre_seq_ln": 4}, r"no setting 'pre_seq_ln'; did you mean pre_seq_len\?"),
        ("p_tuning_v2", {"pre_seq_len": "128"}, "pre_seq_len is '128', expected a whole number"),
        ("p_tuning_v2", {"pre_seq_len": True}, "pre_seq_len is True, expected a whole number"),
        ("p_tuning_v2", {"pre_seq_len": 0}, "pre_seq_len is 0; expected at least 1"),
        ("p_tuning_v2", {"prefix_dropout": 1}, "prefix_dropout is 1.0; expected 0 or more, and less than 1"),
        ("p_tuning_v2", {"checkpoint_format": "zip"}, "checkpoint_format is 'zip', expected one of: safetensors, bin"),
        ("p_tuning", {"encoder_reparameterization_type": "GRU"}, "expected one of: MLP, LSTM"),
        ("p_tuning", {"encoder_hidden_size": "big"}, "expected a whole number or nothing"),
        ("lora", {"lora_rank": 0}, "lora_rank is 0; expected at least 1"),
        ("lora", {"lora_target": 3}, "lora_target is 3, expected a text or a list or nothing"),
        ("lora", {"peft_config": {"peft_type": "LORRA"}}, r"no peft_type 'LORRA'; did you mean LORA"),
        ("lora", {"peft_config": {"peft_type": "PREFIX_TUNING"}}, "no peft_type 'PREFIX_TUNING'"),
        ("lora", {"peft_config": {"use_dorra": True, "zz": 1}}, r"no setting 'use_dorra'; did you mean use_dora.*'zz'"),
        ("freeze", {"num_layer_trainable": 0}, "num_layer_trainable is 0; expected at least 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(method: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        settings_of(method_of(method), values)


def test_a_list_and_a_whole_number_are_taken_where_yaml_writes_them() -> None:
    settings = settings_of(method_of("lora"), {"lora_target": ["dense"], "lora_alpha": 16})

    assert settings.lora_target == ("dense",)
    assert settings.lora_alpha == 16.0
