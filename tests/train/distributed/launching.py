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
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    files = [folder / f"{number}.yaml" for number in range(len(recipes))]
    for recipe, file in zip(recipes, files, strict=True):
        save_recipe(recipe, file)
    return _launch(ROOT, count, str(script), *map(str, files))


def _launch(where: Path, count: int, *script: str) -> subprocess.CompletedProcess[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count), "--"]
    return subprocess.run(
        [*launcher, *script],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        cwd=where,
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )


COMMANDS = """
import os, sys
from pathlib import Path
from train.evaluation import together
rank, log = os.environ["RANK"], Path(sys.argv.pop(1))
def counting(kind, measure):
    def counted(*given, **options):
        for batch in measure(*given, **options):
            with (log / f"{kind}_{rank}").open("a") as file:
                file.write("".join(f"{each.record}\\n" for each in batch))
            yield batch
    return counted
together.answers = counting("answers", together.answers)
together.reference_bits = counting("bits", together.reference_bits)
"""
"""Writes down who answered what."""
MAIN = """
from prep.cli.main import main
main()
"""


def launched_command(folder: Path, *command: str, before: str = "", count: int = 2) -> subprocess.CompletedProcess[str]:
    """``torchrun … -m prep COMMAND``, in ``folder``; ``before`` is run in every process."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "command.py"
    script.write_text(COMMANDS + before + MAIN, encoding="utf-8")
    return _launch(folder, count, str(script), str(folder), *command)


def launched_script(folder: Path, program: str, *arguments: str, count: int = 2) -> subprocess.CompletedProcess[str]:
    script = folder / "program.py"
    script.write_text(program, encoding="utf-8")
    return _launch(ROOT, count, str(script), *arguments)


def shares(folder: Path, kind: str) -> list[int]:
    """How many each process did."""
    found = (folder / f"{kind}_{rank}" for rank in range(2))
    return [len(path.read_text().splitlines()) if path.exists() else 0 for path in found]
