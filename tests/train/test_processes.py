"""Several processes that train together."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.run import Run
from tests.train.runs import curve, recipe
from train.recipe.saving import save_recipe
from train.run import train

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys, torch
from train.recipe.saving import load_recipe
from train.run import train
from pathlib import Path
train(load_recipe(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("method", ["full"])
def test_two_processes_train_as_one_with_twice_the_accumulation(
    tmp_path: Path, model_folder: Path, method: str
) -> None:
    options = {"method": method, "settings": {}, "max_train_samples": 16}
    rhythm = {"learning_rate": 1e-2, "max_steps": 5, "eval_strategy": "steps", "eval_steps": 5}
    one = recipe(tmp_path / "one", model_folder, **options, training={**rhythm, "gradient_accumulation_steps": 4})
    two = recipe(tmp_path / "two", model_folder, **options, do_eval=True, training=rhythm)
    save_recipe(two, tmp_path / "two.yaml")

    train(one)
    done = _launched(2, tmp_path / "two.yaml")

    assert done.returncode == 0, done.stderr
    run = Run.open(tmp_path / "two/runs/run")
    assert run.facts["devices"] == 2
    assert run.facts["wrapper"] == "DistributedDataParallel"
    assert run.facts["total_train_batch_size"] == 8
    alone, together = (_losses(tmp_path / name / "runs/run") for name in ("one", "two"))
    assert together == pytest.approx(alone, rel=1e-5)
    assert alone[-1] < alone[0] - 0.1


def _losses(folder: Path) -> list[float]:
    return [row["loss"] for row in curve(folder) if "loss" in row]


def _launched(count: int, recipe_file: Path) -> subprocess.CompletedProcess[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    script = recipe_file.with_suffix(".py")
    script.write_text(SCRIPT, encoding="utf-8")
    return subprocess.run(
        [*launcher, str(script), str(recipe_file)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
