"""Starts several processes that train, one recipe after the other."""

import os
import subprocess
import sys
from pathlib import Path

from train.recipe.recipe import Recipe
from train.recipe.saving import save_recipe

ROOT = Path(__file__).parents[3]
SCRIPT = """
import sys
from pathlib import Path
from train.recipe.saving import load_recipe
from train.run import train
recipes = [load_recipe(Path(file)) for file in sys.argv[1:]]
if any(recipe.training.get("deepspeed") for recipe in recipes):
    import deepspeed
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False  # it takes a compiler and minutes; gloo does
for recipe in recipes:
    train(recipe)
"""


def launched(folder: Path, *recipes: Recipe, count: int = 2) -> subprocess.CompletedProcess[str]:
    """One launch for all recipes, as starting takes longer than training."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    files = [folder / f"{number}.yaml" for number in range(len(recipes))]
    for recipe, file in zip(recipes, files, strict=True):
        save_recipe(recipe, file)
    return subprocess.run(
        [*launcher, str(script), *map(str, files)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
