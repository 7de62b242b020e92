"""``prep train``: what becomes of its arguments, what it shows, and a whole training of a tiny model."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import TrainingError
from schemas.run import Run
from tests.running import run
from tests.train.families.folders import model_folder
from train.encoding.report import WholeExample
from train.observer import Observer
from train.recipe.recipe import Recipe

ROOT = Path(__file__).parents[2]
PAIRS = [{"content": f"第{number}号装置", "summary": f"本发明公开了第{number}号装置。"} for number in range(24)]


class Called:
    """Stands in the place of ``train.run.train``."""

    def __init__(self) -> None:
        self.recipe: Recipe = Recipe()
        self.options: Mapping[str, Any] = {}

    def __call__(self, recipe: Recipe, observer: Observer, **options: Any) -> Run:
        self.recipe, self.options = recipe, options
        observer.note("a note")
        observer.encoded(WholeExample(given="问", learnt="答", input_ids=[5, 6], labels=[-100, 6]), {})
        return Run(path=Path("runs/x"), model="m", method="lora", dataset="legal", facts={"steps": 3})


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Called:
    stand_in = Called()
    monkeypatch.setattr("train.run.train", stand_in)
    monkeypatch.chdir(tmp_path)
    return stand_in


@pytest.mark.parametrize(
    ("arguments", "dataset"),
    [
        (["legal"], "legal"),
        (["--domain", "legal"], "data/legal"),
        (["--domain", "legal", "--data", "elsewhere"], "elsewhere/legal"),
        (["made"], "data/made"),
        (["data/made"], "data/made"),
        (["made", "--max_steps", "3"], "data/made"),
        (["--method", "lora", "made"], "data/made"),
    ],
)
def test_the_dataset_is_a_folder_or_a_name_below_data(arguments: list[str], dataset: str, called: Called) -> None:
    Path("data/made").mkdir(parents=True)

    outcome = run("train", *arguments)

    assert outcome.code == 0, outcome.err
    assert called.recipe.dataset == dataset


def test_every_key_of_a_recipe_is_a_flag_however_it_is_written(called: Called) -> None:
    outcome = run(
        *("train", "legal", "--max_steps", "3000", "--pre-seq-len=64", "--fp16", "False", "--do_train"),
        *("--learning_rate", "2e-2", "--set", "weight_decay=0.1", "--out", "elsewhere", "--name", "mine"),
    )

    assert outcome.code == 0, outcome.err
    recipe = called.recipe
    assert (recipe.settings["pre_seq_len"], recipe.out, recipe.name) == (64, "elsewhere", "mine")
    assert (recipe.training["max_steps"], recipe.training["weight_decay"]) == (3000, 0.1)
    assert not recipe.training.get("fp16")


def test_later_layers_win(called: Called, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("max_steps: 1\nseed: 1\nsave_steps: 1\n")

    run("train", "legal", "--recipe", "mine.yaml", "--set", "seed=2", "--set", "save_steps=2", "--save_steps", "3")

    training = called.recipe.training
    assert (training["max_steps"], training["seed"], training["save_steps"]) == (1, 2, 3)


@pytest.mark.parametrize(
    ("arguments", "resume"),
    [
        ([], False),
        (["--resume"], True),
        (["--resume", "--max_steps", "3"], True),
        (["--resume", "runs/c-3"], "runs/c-3"),
    ],
)
def test_a_training_goes_on_from_the_last_checkpoint_or_a_named_one(
    arguments: list[str], resume: bool | str, called: Called
) -> None:
    outcome = run("train", "legal", *arguments)

    assert outcome.code == 0, outcome.err
    assert called.recipe.resume == resume


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["legal", "--domain", "legal"], "legal and --domain legal: two datasets; give one of them"),
        (["legal", "--devices", "2"], "torchrun --nproc-per-node 2 -m prep train …, or add --dry-run"),
        (["legal", "--max_step", "3"], "max_step: no such key; did you mean max_steps?"),
        (["legal", "--recipe", "ofical-advgen"], "did you mean official-advgen?"),
        (["legal", "--set", "seed"], "--set seed: expected key=value"),
        (["legal", "patent"], "patent: belongs to no flag"),
        (["--domain", "leagl"], "'leagl' is not one of"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: list[str], message: str, called: Called) -> None:
    outcome = run("train", *arguments)

    assert (outcome.code, outcome.out) == (1, "")
    assert message in outcome.error


def test_devices_are_planned_for(called: Called) -> None:
    outcome = run("train", "legal", "--dry-run", "--devices", "2")

    assert outcome.code == 0, outcome.err
    assert called.options == {"dry_run": True, "devices": 2}


def test_json_is_one_object_and_notes_stand_elsewhere(called: Called) -> None:
    outcome = run("train", "legal", "--json")

    assert json.loads(outcome.out) == {"steps": 3}
    assert outcome.err == "note: a note\n"


def test_only_the_first_process_prints(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """``train.run`` hands the observer on in the first process alone; notes on the recipe are the command's own."""
    monkeypatch.setattr("train.run.train", lambda *_, **__: Run(path=Path(), model="", method="", dataset="", facts={}))
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")

    outcome = run("train", "legal", "--json", "--devices", "2", "--evaluation_strategy", "no", "--overwrite_cache")

    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_another_process_leaves_it_to_the_first_to_say_what_is_wrong(
    called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended_by_the_launcher(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", ended_by_the_launcher)
    monkeypatch.setenv("LOCAL_RANK", "1")

    outcome = run("train", "legal", "--max_step", "3")

    assert (outcome.code, outcome.out, outcome.err) == (1, "", "")


def test_a_process_that_alone_has_failed_says_so(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("LOCAL_RANK", "1")

    outcome = run("train", "legal", "--max_step", "3")

    assert (outcome.code, outcome.out) == (1, "")
    assert "did you mean max_steps?" in outcome.error


def test_a_stopped_training_has_its_own_exit_code(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise TrainingError("stopped at step 20: the loss is nan")

    monkeypatch.setattr("train.run.train", stop)

    outcome = run("train", "legal")

    assert (outcome.code, outcome.error) == (2, "prep: stopped at step 20: the loss is nan")


def test_help_loads_no_library_of_training() -> None:
    program = (
        "import sys; from prep.cli.train import train\n"
        "try: train(['--help'])\n"
        "except SystemExit: print(sorted({'torch', 'transformers', 'peft', 'matplotlib'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a dataset, a tiny model and a run; and what the training printed."""
    folder = tmp_path_factory.mktemp("trained")
    model_folder("chatglm", folder / "model")
    for name in ("train", "dev"):
        text = "".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in PAIRS)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "prep", "train", "--train_file", "train.json", "--validation_file", "dev.json"),
            *("--model", "model", "--name", "tiny", "--pre_seq_len", "8", "--max_steps", "4", "--logging_steps", "2"),
            *("--eval_steps", "4", "--report_to", "none", "--dataloader_pin_memory", "False"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "100"},
        check=False,
    )
    noted = [line for line in done.stderr.splitlines() if not line.startswith("note: tensorboard: not installed")]
    assert (done.returncode, noted) == (0, [])
    return folder, done.stdout


def test_a_training_shows_example_plan_logs_curve_and_what_comes_next(trained: tuple[Path, str]) -> None:
    _, shown = trained
    heads = [line.split("  ")[0] for line in shown.splitlines() if line and not line.startswith(" ")]

    assert shown.startswith("one example: ")
    assert heads[1:12] == [
        *("run", "model", "method", "examples", "parameters", "batch", "steps", "epochs", "learning rate"),
        *("memory", "time"),
    ]
    assert heads[12:15] == ["step 2/4", "step 4/4", "step 4/4"]
    assert "tokens/s" in shown
    assert "│⠉" in shown
    assert "prep chat --run runs/tiny" in shown
    assert "\x1b" not in shown


def test_what_a_training_says_lies_in_its_folder(trained: tuple[Path, str]) -> None:
    folder, shown = trained
    found = Run.open(folder / "runs" / "tiny")

    assert "runs/tiny/loss.png" in shown
    assert (found.path / "loss.png").read_bytes().startswith(b"\x89PNG")
    rows = [json.loads(line) for line in (found.path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [2, 4, 4]
    assert all(row["tokens_per_second"] > 0 for row in rows if "loss" in row)
