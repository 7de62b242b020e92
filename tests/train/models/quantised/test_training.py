"""The command lines of the official scripts, ``--quantization_bit 4`` and all, on a small model."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import OptionError
from schemas.run import Run
from tests.train.recipe.building import built
from tests.train.recipe.test_official_scripts import EVALUATE, TRAIN, TRAIN_CHAT
from tests.train.runs import recipe, rows, trained, write_rows
from train.answer.load import base, tuned
from train.families.registry import released
from train.models.quantised.linear import layers
from train.models.tiny.folder import untrained
from train.run import train


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without a training in a folder of its own: two narrow layers."""
    return untrained(tmp_path_factory.mktemp("model") / "tiny")


def script(text: str, folder: Path, model: Path, **more: Any) -> str:
    """A script's flags with the files of a test in the place of its own, and few steps."""
    flags = shlex.split(text.format(workers="", target=64))
    replaced = {
        "--train_file": folder / "train.json",
        "--validation_file": folder / "dev.json",
        "--test_file": folder / "dev.json",
        "--model_name_or_path": model,
        "--output_dir": folder / "output",
        "--ptuning_checkpoint": folder / "output" / "checkpoint-2",
        "--pre_seq_len": 4,
        "--gradient_accumulation_steps": 2,
        "--max_target_length": 12,
        "--max_steps": 2,
        "--save_steps": 2,
        **{f"--{name}": value for name, value in more.items()},
    }
    for name, value in replaced.items():
        if name in flags:
            flags[flags.index(name) + 1] = str(value)
    return shlex.join(flags)


def test_train_sh_and_evaluate_sh_run_in_four_bits(tmp_path: Path, model: Path) -> None:
    for name in ("train", "dev"):
        write_rows(tmp_path / f"{name}.json", rows(8 if name == "train" else 3))

    run = train(built(script(TRAIN, tmp_path, model), report_to="none", health_guard=False))
    answered = train(built(script(EVALUATE, tmp_path, model), report_to="none"))

    assert isinstance(run, Run)
    assert isinstance(answered, Run)
    assert (run.facts["dtype"], run.facts["steps"]) == ("float32 (weights int4)", 2)
    lines = (tmp_path / "output" / "generated_predictions.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3


def test_train_chat_sh_runs_in_four_bits(tmp_path: Path, model: Path) -> None:
    dialogue = [{"prompt": "第1号", "response": "甲号1", "history": [["你好", "你好"]]}] * 4
    for name in ("train", "dev"):
        write_rows(tmp_path / f"{name}.json", dialogue)

    run = train(built(script(TRAIN_CHAT, tmp_path, model), report_to="none", health_guard=False))

    assert isinstance(run, Run)
    assert run.facts["recipe"]["quantization"] == "int4"


@pytest.mark.parametrize("method", ["p_tuning_v2", "lora"])
def test_a_run_answers_over_the_base_that_it_was_trained_on_or_another(
    tmp_path: Path, model: Path, method: str
) -> None:
    settings = {"pre_seq_len": 4} if method == "p_tuning_v2" else {}
    run = trained(recipe(tmp_path, model, method=method, settings=settings, quantization="int8"))

    same, plain = tuned(run.path), tuned(run.path, quantization="none")

    assert [len(list(layers(found.load().model))) for found in (same, plain)] == [8, 0]
    assert same.facts()["quantization"] == "int8"
    assert "quantization" not in plain.facts()
    assert len(list(layers(base(str(model), quantization="int4").load().model))) == 8


def test_it_is_refused_before_anything_is_trained(tmp_path: Path, model: Path) -> None:
    with pytest.raises(OptionError, match="--merge: the base is int4"):
        trained(recipe(tmp_path, model, method="lora", settings={}, quantization="int4", merge=True))
    with pytest.raises(OptionError, match="method full: needs the weights of the base"):
        trained(recipe(tmp_path, model, method="full", settings={}, quantization="int4"))


@pytest.mark.parametrize(("name", "bits"), [("THUDM/chatglm-6b-int4", 4), ("THUDM/chatglm2-6b-int4", 4)])
def test_the_official_small_files_are_known_by_name(name: str, bits: int) -> None:
    found = released(name)

    assert found is not None
    assert found[1]["quantization_bit"] == bits
