"""A base that is divided is never whole in a process's own memory: it stays in its files, which all processes map."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.train.distributed.launching import launched_script
from tests.train.models.test_memory import stored
from tests.train.runs import recipe
from train.recipe.saving import save_recipe

MIB = 2**20
PROGRAM = """
import json, os, sys, threading, time
from pathlib import Path
from train.distributed.loading import divided
from train.job import job_of
from train.observer import Silent
from train.processes import Processes
from train.recipe.saving import load_recipe
from train.run import _model

def own():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Anonymous"))

def watch():
    while not over.is_set():
        seen.append(own())
        time.sleep(0.002)

for file in sys.argv[2:]:
    job = job_of(load_recipe(Path(file)), Silent(), Processes.here())
    before, seen, over = own(), [0], threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    model = _model(job)
    over.set()
    watcher.join()
    parts = [each.to_local() if hasattr(each, "to_local") else each for each in model.parameters()]
    found = {"peak": max(seen) - before, "model": sum(each.nbytes for each in model.parameters())}
    found["held"] = sum(part.numel() * part.itemsize for part in parts)
    Path(sys.argv[1], f"{Path(file).stem}_{os.environ['RANK']}.json").write_text(json.dumps(found))
    del model, parts
"""
"""Memory of its own that each process takes while it loads."""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux says whose memory it is")
@pytest.mark.parametrize("form", ["safetensors", "bin"])
def test_a_process_takes_memory_for_its_part_alone(form: str, model_folder: Path, tmp_path: Path) -> None:
    folder = stored(tmp_path / "model", form, torch.float32)
    shutil.copy(model_folder / "ice_text.model", folder)
    ways: dict[str, dict[str, Any]] = {
        "rows": {"method": "full", "settings": {}, "training": {"fsdp": "true"}},
        "mapped": {"method": "lora", "settings": {}, "training": {"fsdp": "true"}},
        "whole": {"method": "lora", "settings": {}},
    }
    for name, way in ways.items():
        save_recipe(recipe(tmp_path / name, folder, **way), tmp_path / f"{name}.yaml")

    done = launched_script(tmp_path, PROGRAM, str(tmp_path), *(str(tmp_path / f"{name}.yaml") for name in ways))

    assert done.returncode == 0, done.stderr[-4000:]
    for name in ways:
        for rank in range(2):
            found = json.loads((tmp_path / f"{name}_{rank}.json").read_text())
            assert found["model"] > 600 * MIB
            if name != "whole":
                assert found["held"] < 0.51 * found["model"]
            assert found["peak"] - found["held"] < 60 * MIB
