"""Commands that two processes carry out together: what one process says, said by both, and one voice."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from schemas.run import Run
from tests.running import run
from tests.train.answer.speaking import run_on, speaking
from tests.train.distributed.launching import launched_command, shares
from tests.train.evaluation.datasets import dataset

ALONE_IN_RANK_1 = """
if rank == "1":
    from schemas.errors import ModelError
    def failing(*given, **options):
        {what}
        yield
    together.answers = failing
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and its dataset."""
    folder = tmp_path_factory.mktemp("together")
    dataset(folder / "data/patent", "patent", train=20, dev=4, test=19)
    run_on(speaking(folder / "model"), folder / "run", dataset=str(folder / "data/patent"))
    return folder


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As many threads as ``torchrun`` gives each process."""
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.slow
def test_prep_generate_writes_the_same_bytes(place: Path, tmp_path: Path) -> None:
    about = ("generate", "--run", str(place / "run"), "--batch-size", "2", "--sampling", "official")
    alone = run(*about, "--out", str(tmp_path / "alone.json"))

    shared = launched_command(tmp_path, *about, "--out", str(tmp_path / "shared.json"))

    assert shared.returncode == 0, shared.stderr[-4000:]
    assert shares(tmp_path, "answers") == [10, 9]
    assert (tmp_path / "shared.json").read_bytes() == (tmp_path / "alone.json").read_bytes()
    assert shared.stdout.replace("shared.json", "alone.json") == alone.out


def test_prep_evaluate_reports_the_same_numbers(place: Path, tmp_path: Path) -> None:
    about = ("evaluate", "--run", str(place / "run"), "--batch-size", "2", "--resamples", "100", "--others", "none")
    alone = run(*about, "--json", "--out", "alone")

    shared = launched_command(tmp_path, *about, "--json", "--out", "shared")

    assert shared.returncode == 0, shared.stderr[-4000:]
    assert min(shares(tmp_path, "answers") + shares(tmp_path, "bits")) > 8
    assert _numbers(shared.stdout) == _numbers(alone.out)
    assert not [*tmp_path.rglob("*.part*")]


@pytest.mark.slow
def test_one_process_that_fails_ends_all_with_one_line(place: Path, tmp_path: Path) -> None:
    fails = ALONE_IN_RANK_1.format(what='raise ModelError("out of memory with a single prompt")')
    began = time.monotonic()

    done = launched_command(tmp_path, "generate", "--run", str(place / "run"), "--out", "out.json", before=fails)

    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if line.startswith("prep:")] == [
        "prep: out of memory with a single prompt"
    ]
    assert time.monotonic() - began < 60


@pytest.mark.slow
def test_one_process_that_is_killed_ends_all_and_the_same_command_goes_on(place: Path, tmp_path: Path) -> None:
    killed = ALONE_IN_RANK_1.format(what=f"os.kill(os.getpid(), {int(signal.SIGKILL)})")
    about = ("generate", "--run", str(place / "run"), "--batch-size", "2", "--out")

    done = launched_command(tmp_path, *about, "out.json", before=killed)
    kept = (tmp_path / "out.partial.jsonl").read_text()
    again = launched_command(tmp_path, *about, "out.json")
    run(*about, "alone.json")

    assert done.returncode != 0
    assert "prep: interrupted; the answers so far are kept, the same command goes on" in done.stderr
    assert kept.count("\n") > 1
    assert again.returncode == 0, again.stderr[-4000:]
    assert "answered already" in again.stderr
    assert (tmp_path / "out.json").read_bytes() == (tmp_path / "alone.json").read_bytes()


@pytest.mark.slow
def test_answers_at_the_end_of_a_training_are_shared(place: Path, tmp_path: Path) -> None:
    keys = {"max_steps": 2, "max_source_length": 48, "max_target_length": 8, "per_device_eval_batch_size": 2}
    quiet = {"report_to": "none", "health_guard": False, "save_strategy": "no"}
    pairs = [part for key, value in (keys | quiet).items() for part in ("--set", f"{key}={value}")]
    about = ("train", str(place / "data/patent"), "--model", str(place / "model"), "--method", "lora", *pairs)

    shared = launched_command(tmp_path, *about, "--do_train", "--do_predict", "--output_dir", "shared")
    run(*about, "--do_predict", "--adapter", "shared", "--output_dir", "alone")

    assert shared.returncode == 0, shared.stderr[-4000:]
    assert Run.open(tmp_path / "shared").facts["wrapper"] == "DistributedDataParallel"
    assert shares(tmp_path, "answers") == [10, 9]
    for name in ("generated_predictions.txt", "predict_results.json"):
        assert (tmp_path / "shared" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()


@pytest.mark.slow
def test_prep_suitability_trains_and_measures_with_both(place: Path, tmp_path: Path) -> None:
    dataset(place / "data/legal", "legal", test=9, first=100)
    keys = {"max_steps": 3, "per_device_train_batch_size": 2, "max_source_length": 48, "max_target_length": 8}
    quiet = {"report_to": "none", "health_guard": False, "do_eval": False, "save_strategy": "no"}
    pairs = [part for key, value in (keys | quiet).items() for part in ("--set", f"{key}={value}")]
    about = ("suitability", "--data", str(place / "data"), "--model", str(place / "model"), "--method", "lora", *pairs)
    options = ("--resamples", "100", "--examples", "1", "--json")

    shared = launched_command(tmp_path, *about, *options, "--out", "shared", "--evaluations", "cells_of_two")
    alone = run(*about, *options, "--out", "alone")

    assert shared.returncode == 0, shared.stderr[-4000:]
    for folder in (tmp_path / "runs").iterdir():
        facts = Run.open(folder).facts
        assert (facts["devices"], facts["wrapper"]) == (2, "DistributedDataParallel")
    assert min(shares(tmp_path, "answers") + shares(tmp_path, "bits")) > 8
    assert _numbers(shared.stdout) == _numbers(alone.out)


def _numbers(report: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(report)
    for name in ("folder", "made", "seconds"):
        del told[name]
    del told["settings"]["cells"]
    return told
