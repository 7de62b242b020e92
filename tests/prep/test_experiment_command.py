"""``prep experiment`` as a person runs it: every experiment that comes with the program, in a few steps."""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

pytest.importorskip("torch")

import prep
from schemas.report import MARKDOWN, PAGE, REPORT
from tests.pipeline.mixing.folders import folder, pairs
from tests.running import run
from tests.train.answer.speaking import speaking
from tests.train.experiments.stated import dialogues, write
from train.experiments.presets import PRESETS
from train.experiments.save import load_experiment
from train.metrics.registry import METRICS
from train.models.tiny.folder import untrained

SMALL = ("data.items=4", "data.train=8", "health_guard=false", "per_device_train_batch_size=2")
SHORT = (*SMALL, "max_steps=2", "gradient_accumulation_steps=1", "max_source_length=32", "max_target_length=6")
ROWS = ("rows.untuned.max_source_length=32", "rows.untuned.max_target_length=6")
ANSWERS = ("cells.short", "cells.long", *(f"rows.{name}" for name in ("long-within-short", "history-removed")))
TRIES: Mapping[str, Sequence[str]] = {
    "history-length": (
        *(*SMALL, "max_steps=2", "gradient_accumulation_steps=1", "pre_seq_len=2"),
        *("cells.short.max_source_length=80", "rows.long-within-short.max_source_length=80"),
        *(f"{place}.max_target_length=6" for place in (*ANSWERS, "rows.history-cut", "rows.history-whole")),
        *("cells.long.max_target_length=8", "rows.history-cut.max_source_length=80"),
    ),
    "prompt-template": (*SHORT, *ROWS, "pre_seq_len=2"),
    "batch-and-learning-rate": (
        *(*SMALL, "num_train_epochs=1", "max_source_length=32", "max_target_length=6"),
        *(f"cells.{name}.gradient_accumulation_steps=1" for name in ("small", "small-scaled")),
        *(f"cells.{name}.gradient_accumulation_steps=2" for name in ("large", "large-scaled")),
    ),
    "lora-or-p-tuning": (*SHORT, *ROWS),
    "old-with-new": (*SHORT, *ROWS, "pre_seq_len=2"),
}
KILLED = """
import os, signal, sys
from train.evaluation import cells
bits = cells.bits_by_all
def measured(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)
    yield from bits(*arguments, **options)
cells.bits_by_all = measured
from prep.cli.main import main
sys.argv = ["prep", "experiment", *sys.argv[1:]]
main()
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("experiment")
    folder(found / "data" / "legal", train=pairs("法", 16), test=pairs("法", 6, 30))
    folder(found / "data" / "instruct", domain="instruct", train=dialogues(40), test=dialogues(7, 40))
    untrained(found / "model")
    return found


@pytest.fixture
def there(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    for name in ("data/legal", "data/instruct", "model"):
        (tmp_path / name).symlink_to(place / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sets(name: str) -> list[str]:
    return [word for pair in TRIES[name] for word in ("--set", pair)]


@pytest.mark.parametrize("name", PRESETS)
def test_every_experiment_that_comes_with_the_program_runs(name: str, there: Path) -> None:
    outcome = run("experiment", name, "--model", "model", "--resamples", "100", *sets(name))

    assert outcome.code == 0, outcome.err
    report = load_experiment(Path("experiments") / name)
    assert {path.name for path in (Path("experiments") / name).iterdir()} == {REPORT, MARKDOWN, PAGE}
    assert report.outcome == "undecided"
    assert outcome.out.endswith(f"experiments/{name}: written; open experiments/{name}/{PAGE} in a browser\n")


def test_history_length_has_three_rows_and_history_three_ways(there: Path) -> None:
    run("experiment", "history-length", "--model", "model", "--resamples", "100", *sets("history-length"))

    rows = {row.name: row for row in load_experiment("experiments/history-length").rows}
    limits = {name: (row.cell, row.max_source_length, row.max_target_length) for name, row in rows.items()}
    assert [*limits][:3] == ["short", "long", "long-within-short"]
    assert limits["long-within-short"] == ("long", *limits["short"][1:])
    assert rows["history-removed"].history == "removed"
    assert {name: rows[f"history-{name}"].cut["history"] for name in ("removed", "cut", "whole")} == {
        "removed": 0.0,
        "cut": 1.0,
        "whole": 0.0,
    }


def test_old_with_new_makes_its_mixture_and_asks_both_datasets(there: Path) -> None:
    run("experiment", "old-with-new", "--model", "model", "--resamples", "100", *sets("old-with-new"))

    report = load_experiment("experiments/old-with-new")
    assert prep.PreparedDataset.open("data/legal-with-instruct").count("train") == 16 + 12
    assert {row.dataset for row in report.rows if row.name == "mixed"} == {"legal", "instruct"}
    assert [claim.dataset for claim in report.claims] == ["instruct", "legal"]


def test_a_dry_run_says_what_it_costs_and_writes_nothing(there: Path) -> None:
    before = sorted(there.rglob("*"))

    outcome = run("experiment", "old-with-new", "--model", "model", "--dry-run", *sets("old-with-new"))
    plain = json.loads(
        run("experiment", "old-with-new", "--model", "model", "--dry-run", "--json", *sets("old-with-new")).out
    )

    assert sorted(there.rglob("*")) == before
    assert "2 of 2 cells to train" in outcome.out.splitlines()[-1]
    assert [row["name"] for row in plain["rows"]] == [
        name for name in ("new-only", "mixed", "untuned") for _ in range(2)
    ]


def test_killed_while_it_measures_the_same_command_goes_on(there: Path) -> None:
    file = write(there)
    options = [file, "--model", "model", "--resamples", "100"]

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *map(str, options)],
        check=False,
        timeout=120,
        capture_output=True,
        env={"OMP_NUM_THREADS": "1", "PYTHONPATH": ":".join(sys.path)},
    )
    on = run("experiment", *options)

    assert killed.returncode == -signal.SIGKILL
    assert on.code == 0
    assert "training" not in on.err  # both cells are there


def test_a_rating_sheet_that_is_filled_in_is_a_row_of_the_report(there: Path) -> None:
    file = write(there, ("  items: 5", "  items: 6"), ("high: {learning_rate: 1e-1}", "high: {learning_rate: 9}"))
    options = (file, "--model", speaking(there / "speaking"), "--resamples", "100")

    made = run("experiment", *options, "--rating-sheet", "3")
    assert made.code == 0, made.err
    before = load_experiment("experiments/rate").ratings.judgements
    sheet = Path("experiments/rate/rating/sheet-1.csv")
    head, *rows = sheet.read_text(encoding="utf-8-sig").splitlines()
    sheet.write_text("\n".join([head, *(row.replace('"","",""', '"1","","me"') for row in rows)]), encoding="utf-8")
    assert run("experiment", *options).code == 0

    assert before == 0
    assert load_experiment("experiments/rate").ratings.judgements == len(rows) > 0
    assert "prefer “high” to “low”" in Path("experiments/rate/report.md").read_text(encoding="utf-8")


def test_without_a_file_the_experiments_are_listed() -> None:
    alone, listed = run("experiment"), run("experiment", "--list")

    assert alone.out == listed.out
    assert [line.split()[0] for line in alone.out.splitlines()] == [*PRESETS]


def test_mistakes_are_told_together(there: Path) -> None:
    file = write(there, ("  items: 5", "  itmes: 5"), ("metric: ROUGE-L", "metric: rouge"))

    outcome = run("experiment", file)

    assert outcome.code == 1
    assert outcome.err.splitlines() == [
        "prep: 2 mistakes in the experiment, nothing was loaded:",
        f"  {file}:10: itmes: no such key; did you mean items?",
        f"  {file}:6: metric 'rouge': no such metric; known are {', '.join(METRICS)}",
    ]


def test_python_callers_get_the_report(there: Path) -> None:
    report = prep.experiment(write(there), model="model", overrides={"max_steps": 1, "data.items": 3})

    assert [row.items for row in report.rows] == [3, 3]
    assert [cell.facts["steps"] for cell in report.cells] == [1, 1]
