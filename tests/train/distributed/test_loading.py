"""A base that is divided is never whole in a process's own memory: it stays in its files, which all processes map."""

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.train.distributed.launching import launched_script
from tests.train.distributed.test_sharing import ZERO_3, as_file
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

def part(weight):
    return getattr(weight, "ds_tensor", weight.to_local() if hasattr(weight, "to_local") else weight)

if any("zero" in file for file in sys.argv[2:]):
    import deepspeed
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False  # it takes a compiler and minutes; gloo does
for file in sys.argv[2:]:
    job = job_of(load_recipe(Path(file)), Silent(), Processes.here())
    before, seen, over = own(), [0], threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    model = _model(job)
    over.set()
    watcher.join()
    parts = [part(each) for each in model.parameters()]
    sizes = [getattr(each, "ds_numel", each.numel()) * each.itemsize for each in model.parameters()]
    found = {"peak": max(seen) - before, "model": sum(sizes)}
    found["held"] = sum(each.numel() * each.itemsize for each in parts)
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
    if importlib.util.find_spec("deepspeed"):
        zero = {"deepspeed": as_file(tmp_path, ZERO_3)}
        ways["zero, weight by weight"] = {"method": "full", "settings": {}, "training": zero}
        ways["zero, mapped"] = {"method": "lora", "settings": {}, "training": zero}
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
            room = 200 if "zero" in name else 60  # buffers of DeepSpeed and gloo
            assert found["peak"] - found["held"] < room * MIB


HALVES = """
import json, os, sys
from pathlib import Path
from types import SimpleNamespace
import torch
from torch import nn
torch.distributed.init_process_group("gloo")
import deepspeed
deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
from train.distributed.zero_parts import divide_all
config = {"train_micro_batch_size_per_gpu": 1, "bf16": {"enabled": True}, "zero_optimization": {"stage": 3}}
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 6), nn.Linear(6, 4))
whole = [weight.detach().clone() for weight in model.parameters()]
divide_all(model, SimpleNamespace(hf_deepspeed_config=SimpleNamespace(config=config)), torch.device("cpu"))
for part, weight in zip(model.parameters(), whole):
    with deepspeed.zero.GatheredParameters([part]):
        assert torch.equal(part.data, weight.bfloat16()), part
    assert part.ds_tensor.numel() == -(-weight.numel() // 2)
Path(sys.argv[1], os.environ["RANK"]).touch()
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("deepspeed") is None, reason="deepspeed is not installed")
def test_where_deepspeed_computes_in_half_precision_the_parts_are_in_it(tmp_path: Path) -> None:
    done = launched_script(tmp_path, HALVES, str(tmp_path))

    assert done.returncode == 0, done.stderr[-4000:]
    assert all((tmp_path / str(rank)).is_file() for rank in range(2))
