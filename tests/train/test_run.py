"""A recipe becomes a run: what it holds, what it refuses, what it leaves alone."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import prep
from schemas.errors import DatasetError, ModelError, OptionError
from schemas.run import Run
from tests.train.runs import Notes, curve, recipe, rows, trained, write_rows
from train.base import find_base
from train.methods.registry import METHODS
from train.methods.saved import load_adapter
from train.recipe.saving import load_recipe
from train.run_folder import checkpoints

FOLDED = {"prefix_tuning": "p_tuning_v2", "p_tuning": "prompt_tuning"}
"""What is simpler once it is trained, and is saved so."""


def test_a_run_holds_what_was_trained_and_everything_about_it(tmp_path: Path, model_folder: Path) -> None:
    notes = Notes()

    evaluating = {"eval_strategy": "steps", "eval_steps": 3}
    run = trained(recipe(tmp_path, model_folder, do_eval=True, training=evaluating), notes)

    assert run == Run.open(tmp_path / "runs/run")
    assert notes.runs == [run]
    names = {path.name for path in run.path.iterdir()}
    assert names >= {"adapter", "inputs.json", "log.jsonl", "loss.png", "recipe.yaml", "run.json"}
    facts = run.facts
    assert (facts["family"], facts["method"]) == ("chatglm", "p_tuning_v2")
    assert (facts["device"], facts["dtype"]) == ("cpu", "float32")
    assert (facts["examples"], facts["evaluated"], facts["steps"]) == (22, 6, 7)
    assert facts["parameters_trained"] == 4 * 2 * 2 * 32
    assert facts["loss"] == curve(run.path)[-2]["loss"]
    assert facts["eval_loss"] == curve(run.path)[-1]["eval_loss"]
    assert [row["step"] for row in curve(run.path) if "loss" in row] == [1, 2, 3, 4, 5, 6, 7]
    assert notes.examples[0][0].given == "第0号问题"
    assert notes.plans[0].total_train_batch_size == 4


def test_the_saved_recipe_makes_the_same_run_again(tmp_path: Path, model_folder: Path) -> None:
    first = trained(recipe(tmp_path, model_folder))

    again = replace(load_recipe(first.path / "recipe.yaml"), name="again")
    second = trained(again)

    assert curve(second.path) == curve(first.path)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "adapter_fusion"])
def test_what_is_saved_makes_the_base_answer_otherwise(tmp_path: Path, model_folder: Path, method: str) -> None:
    settings = {"num_layer_trainable": 1} if method == "freeze" else {}

    run = trained(recipe(tmp_path, model_folder, method=method, settings=settings))

    base, tokenizer, family = _base(model_folder)
    ids = torch.tensor([tokenizer.build_inputs_with_special_tokens(*tokenizer.encode_texts(["第3号问题"]))])
    places = family.layout(ids, base.config)
    tuned = load_adapter(base, run.adapter, family)
    untouched = _base(model_folder)[0].eval()
    assert not torch.equal(tuned(ids, **places).logits[:, -1], untouched(ids).logits[:, -1])
    assert run.method == FOLDED.get(method, method)


def test_adapters_of_two_runs_are_fused_in_a_third(tmp_path: Path, model_folder: Path) -> None:
    single = [trained(recipe(tmp_path, model_folder, method="adapter", settings={}, name=name)) for name in ("a", "b")]

    settings = {"adapters": [str(run.path) for run in single]}
    fused = trained(recipe(tmp_path, model_folder, method="adapter_fusion", settings=settings))

    assert fused.method == "adapter_fusion"
    assert fused.facts["loss"] > 0


def test_the_same_recipe_on_the_same_records_is_not_trained_again(tmp_path: Path, model_folder: Path) -> None:
    wanted, notes = recipe(tmp_path, model_folder), Notes()
    first = trained(wanted)

    second = trained(wanted, notes)

    assert second == first
    assert notes.lines == [f"{tmp_path}/runs/run: trained already, on the same records with the same recipe"]
    assert notes.plans == []


def test_another_recipe_does_not_replace_a_finished_run_unasked(tmp_path: Path, model_folder: Path) -> None:
    wanted = recipe(tmp_path, model_folder)
    trained(wanted)
    other = replace(wanted, max_source_length=20)

    with pytest.raises(ModelError, match=r"max_source_length was 24, is 20; replace it with --overwrite, or .* --name"):
        trained(other)
    run = trained(replace(other, overwrite=True))

    assert run.facts["recipe"]["max_source_length"] == 20


def test_other_records_under_the_same_name_are_noticed(tmp_path: Path, model_folder: Path) -> None:
    wanted = recipe(tmp_path, model_folder)
    trained(wanted)
    write_rows(tmp_path / "data/train.json", rows(21))

    with pytest.raises(ModelError, match="a finished run, made otherwise: data was"):
        trained(wanted)


def test_a_folder_that_is_no_run_is_left_alone(tmp_path: Path, model_folder: Path) -> None:
    wanted = recipe(tmp_path, model_folder, overwrite=True)
    letter = tmp_path / "runs/run/letter.txt"
    write_rows(letter, [])

    with pytest.raises(ModelError, match="not empty, and no run of ours"):
        trained(wanted)

    assert letter.exists()


def test_overwriting_takes_only_what_a_run_wrote(tmp_path: Path, model_folder: Path) -> None:
    trained(recipe(tmp_path, model_folder, training={"save_strategy": "steps", "save_steps": 3}))
    letter = write_rows(tmp_path / "runs/run/letter.txt", [])

    trained(recipe(tmp_path, model_folder, overwrite=True, training={"max_steps": 2}))

    assert letter.exists()
    assert checkpoints(tmp_path / "runs/run") == []


def test_the_best_checkpoint_remains_and_the_last_one(tmp_path: Path, model_folder: Path) -> None:
    steps = {"max_steps": 8, "save_strategy": "steps", "save_steps": 1, "save_total_limit": 1, "learning_rate": 3.0}
    run = trained(recipe(tmp_path, model_folder, method="full", settings={}, do_eval=True, training=steps))

    losses = {row["step"]: row["eval_loss"] for row in curve(run.path) if "eval_loss" in row}
    best = min(losses, key=losses.__getitem__)
    assert best != 8
    assert run.facts["best_eval_loss"] == losses[best]
    assert [path.name for path in checkpoints(run.path)] == [f"checkpoint-{best}"]
    saved = (checkpoints(run.path)[0] / "model.safetensors").read_bytes()
    assert (run.adapter / "model.safetensors").read_bytes() == saved


def test_training_stops_early_where_nothing_is_gained(tmp_path: Path, model_folder: Path) -> None:
    steps = {"max_steps": 30, "save_strategy": "steps", "save_steps": 1, "learning_rate": 0.0}

    run = trained(recipe(tmp_path, model_folder, do_eval=True, early_stopping_patience=2, training=steps))

    assert run.facts["steps"] == 3


def test_early_stopping_without_evaluation_is_refused(tmp_path: Path, model_folder: Path) -> None:
    with pytest.raises(OptionError, match="early_stopping_patience: nothing is evaluated while training"):
        trained(recipe(tmp_path, model_folder, early_stopping_patience=2))


def test_training_goes_on_from_an_adapter(tmp_path: Path, model_folder: Path) -> None:
    first = trained(recipe(tmp_path, model_folder, method="full", settings={}))

    second = trained(recipe(tmp_path, model_folder, method="full", settings={}, adapter=str(first.path), name="second"))

    assert curve(second.path)[0]["loss"] < curve(first.path)[0]["loss"] - 0.1


def test_predictions_alone_leave_a_finished_run_as_it_is(tmp_path: Path, model_folder: Path) -> None:
    saving = {"save_strategy": "steps", "save_steps": 7}
    wanted = recipe(tmp_path, model_folder, method="full", settings={}, training=saving)
    first = trained(wanted)
    checkpoint = str(first.path / "checkpoint-7")

    second = trained(replace(wanted, adapter=checkpoint, do_train=False, do_predict=True, overwrite=True))

    assert second == first
    assert first.adapter.is_dir()
    lines = (first.path / "generated_predictions.txt").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["labels"] for line in lines] == [row["summary"] for row in rows(3)]
    assert all(json.loads(line).keys() == {"labels", "predict"} for line in lines)


def test_a_base_is_evaluated_without_training(tmp_path: Path, model_folder: Path) -> None:
    run = trained(recipe(tmp_path, model_folder, do_train=False, do_eval=True))

    assert run.facts["eval_loss"] > 1
    assert not (tmp_path / "runs/run/run.json").exists()
    assert json.loads((tmp_path / "runs/run/eval_results.json").read_text())["eval_loss"] == run.facts["eval_loss"]


def test_a_merged_model_is_a_whole_one(tmp_path: Path, model_folder: Path) -> None:
    run = trained(recipe(tmp_path, model_folder, method="lora", settings={}, merge=True))

    base, tokenizer, family = _base(model_folder)
    tuned = load_adapter(base, run.adapter, family)
    merged = _base(run.path / "merged")[0].eval()

    ids = torch.tensor([tokenizer.build_inputs_with_special_tokens(*tokenizer.encode_texts(["第3号问题"]))])
    torch.testing.assert_close(merged(ids).logits, tuned(ids).logits, atol=1e-5, rtol=1e-5)


def test_a_method_that_cannot_be_merged_says_so_before_it_trains(tmp_path: Path, model_folder: Path) -> None:
    with pytest.raises(OptionError, match="--merge: p_tuning_v2 adds to the base and cannot be merged into it"):
        trained(recipe(tmp_path, model_folder, merge=True))


def test_a_learning_rate_is_searched_and_trained_with(tmp_path: Path, model_folder: Path) -> None:
    notes = Notes()

    run = trained(recipe(tmp_path, model_folder, method="full", settings={}, find_lr=True), notes)

    found = json.loads((run.path / "learning_rate.json").read_text(encoding="utf-8"))["suggestion"]
    assert run.facts["learning_rate"] == found
    assert curve(run.path)[0]["learning_rate"] == pytest.approx(found)
    assert (run.path / "learning_rates.png").is_file()


def test_the_learning_rate_moves_with_the_batch(tmp_path: Path, model_folder: Path) -> None:
    run = trained(recipe(tmp_path, model_folder, scale_lr="linear", training={"learning_rate": 0.08}))

    assert run.facts["learning_rate"] == 0.02
    assert curve(run.path)[0]["learning_rate"] == 0.02


def test_records_without_answers_are_counted(tmp_path: Path, model_folder: Path) -> None:
    notes = Notes()
    wanted = recipe(tmp_path, model_folder)
    write_rows(
        tmp_path / "data/train.json", [*rows(5), {"content": "问", "summary": ""}, {"content": "问", "summary": None}]
    )

    trained(wanted, notes)

    assert notes.examples[0][1] == {"left out, without prompt or answer": "2"}


def test_records_of_which_none_has_an_answer_are_refused(tmp_path: Path, model_folder: Path) -> None:
    wanted = recipe(tmp_path, model_folder)
    write_rows(tmp_path / "data/train.json", [{"content": "问", "summary": ""}])

    with pytest.raises(DatasetError, match="data: no record has both a prompt and an answer"):
        trained(wanted)

    assert not (tmp_path / "runs").exists()


def test_python_callers_name_options_as_recipes_do(tmp_path: Path, model_folder: Path) -> None:
    file = write_rows(tmp_path / "train.json", rows())

    run = prep.train(
        train_file=str(file),
        model=str(model_folder),
        method="ptuning",
        pre_seq_len=4,
        max_steps=2,
        out=str(tmp_path / "runs"),
        report_to="none",
    )

    assert run.path == tmp_path / f"runs/{tmp_path.name}-tiny-p_tuning_v2"
    assert run.facts["steps"] == 2


def _base(folder: Path) -> tuple[Any, Any, Any]:
    found = find_base(str(folder))
    return found.load(torch.float32, torch.device("cpu")), found.tokenizer(split_special_tokens=True), found.family


def test_tensorboard_gets_its_events_inside_the_run(tmp_path: Path, model_folder: Path) -> None:
    pytest.importorskip("tensorboard")

    run = trained(recipe(tmp_path, model_folder, training={"report_to": "tensorboard", "max_steps": 1}))

    assert [path for path in (run.path / "runs").rglob("events.*") if path.stat().st_size]
