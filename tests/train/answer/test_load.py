"""Models that can answer are found with how they are asked; what cannot be is told in one line."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from schemas.errors import ModelError, OptionError, PrepError
from schemas.statistics import SequenceLimits
from tests.train.answer.speaking import run_on, speaking
from train.answer.load import base, tuned
from train.encoding.form import Wording
from train.models.tiny.folder import untrained


def test_a_run_is_asked_as_its_recipe_asks(model: Path, tmp_path: Path) -> None:
    run = run_on(
        model,
        tmp_path / "run",
        prompt_template="patent",
        source_prefix="律师：",
        max_source_length=32,
        max_target_length=20,
        val_max_target_length=9,
        split_special_tokens=False,
    )

    found = tuned(run.path)
    answerer = found.load()

    assert answerer.asking.wording == Wording(preset="patent", prefix="律师：")
    assert answerer.asking.limits == SequenceLimits(source=32, target=9)
    assert answerer.asking.in_words() == "律师：根据专利名称撰写摘要：{question}"
    assert answerer.tokenizer.split_special_tokens is False
    assert not answerer.model.training
    assert "根据专利名称撰写摘要:一种装置" in answerer.text(answerer.prompt("一种装置")[0])


def test_a_base_is_asked_bare(model: Path) -> None:
    answerer = base(str(model)).load()

    assert answerer.asking.in_words() == ""
    assert answerer.method is None


def test_a_question_after_many_turns_keeps_its_own_words(model: Path) -> None:
    answerer = base(str(model)).with_limits(source=24, target=8).load()

    prompt, was_cut = answerer.prompt("法律", [("一种装置", "甲" * 10)] * 5)

    assert was_cut
    assert len(prompt) <= 24
    assert "法律" in answerer.text(prompt)


def test_an_adapter_inside_a_run_is_asked_as_the_run_is(model: Path, tmp_path: Path) -> None:
    run = run_on(model, tmp_path / "run", prompt_template="legal")

    assert tuned(run.adapter).asking == tuned(run.path).asking


def test_an_adapter_elsewhere_needs_its_model_named(model: Path, run_folder: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "moved"
    shutil.copytree(run_folder / "adapter", adapter)

    with pytest.raises(OptionError, match="an adapter does not say on which model it was trained; name that with --mo"):
        tuned(adapter)
    assert tuned(adapter, model=str(model)).load().method == "p_tuning_v2"


def test_an_official_checkpoint_is_an_adapter(model: Path, run_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    official = tmp_path / "checkpoint-3000"
    official.mkdir()
    torch.save(load_file(run_folder / "adapter" / "model.safetensors"), official / "pytorch_model.bin")

    found = tuned(official, model=str(model))

    prompt, _ = found.load().prompt("法律")
    ids = torch.tensor([prompt])
    assert torch.equal(found.load().model(ids).logits, tuned(run_folder).load().model(ids).logits)


def test_an_unfinished_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "inputs.json").write_text("{}")

    with pytest.raises(ModelError, match=r"no run\.json in it: its training did not finish"):
        tuned(tmp_path)


def test_a_missing_run_and_a_missing_model_are_told(model: Path, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "model")
    run = run_on(tmp_path / "model", tmp_path / "run")
    shutil.rmtree(tmp_path / "model")

    with pytest.raises(ModelError, match="no such run"):
        tuned(tmp_path / "none")
    with pytest.raises(PrepError, match=str(tmp_path / "model")):
        tuned(run.path)


def test_a_folder_without_an_adapter_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=str(tmp_path)):
        tuned(tmp_path, model="x")


def test_an_adapter_of_another_base_is_told(run_folder: Path, tmp_path: Path) -> None:
    other = untrained(tmp_path / "other", hidden=64)

    with pytest.raises(ModelError, match=r"trained on chatglm of 2 layers x 32.*; this model is .* x 64"):
        tuned(run_folder, model=str(other)).load()


def test_a_device_that_is_not_there_is_told(model: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a graphics card")

    with pytest.raises(OptionError, match="--device cuda: torch sees no graphics card"):
        base(str(model), device="cuda")


def test_precision_is_that_of_the_recipe_unless_another_is_asked(tmp_path: Path) -> None:
    model = speaking(tmp_path / "model")
    run = run_on(model, tmp_path / "run", dtype="bfloat16").path

    assert tuned(run).load().model.dtype == torch.bfloat16
    assert tuned(run, dtype="float32").load().model.dtype == torch.float32
    assert base(str(model)).dtype == torch.float32


def test_facts_change_with_the_files_of_model_and_adapter(model: Path, tmp_path: Path) -> None:
    run = run_on(model, tmp_path / "run")
    before = tuned(run.path).facts()

    (run.adapter / "method.json").write_text(json.dumps(json.loads((run.adapter / "method.json").read_text())))

    changed = {name for name, value in tuned(run.path).facts().items() if value != before[name]}
    assert changed == {"adapter_files"}
