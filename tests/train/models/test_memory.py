"""A model is loaded one file at a time: what stands in memory is the model, and one file of its weights."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from train.families.registry import FAMILIES

MIB = 2**20
SIZES = {
    "num_layers": 12,
    "hidden_size": 1024,
    "inner_hidden_size": 4096,
    "num_attention_heads": 8,
    "vocab_size": 20_000,
    "mask_token_id": 10_000,
    "gmask_token_id": 10_001,
    "bos_token_id": 10_004,
    "eos_token_id": 10_005,
}
PROGRAM = """
import sys, torch
from pathlib import Path
from train.models.checkpoint import load_model
from train.models.registration import register

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

register()
before = peak()
model = load_model(sys.argv[1], dtype=getattr(torch, sys.argv[2]))
print(before, peak(), sum(weight.numel() * weight.itemsize for weight in model.parameters()))
"""


@pytest.fixture(scope="module", params=["safetensors", "bin"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("large"), request.param, torch.float16)


def stored(made: Path, form: str, dtype: torch.dtype) -> Path:
    """About 190 million parameters in eight files, tied weights twice as in the official ones."""
    made.mkdir(exist_ok=True)
    model = FAMILIES["chatglm"].skeleton(**SIZES, dtype=str(dtype).removeprefix("torch.")).to_empty(device="cpu")
    model.config.save_pretrained(made)
    weights = {name: torch.randn(weight.shape).to(dtype) for name, weight in model.state_dict().items()}
    stem = "model" if form == "safetensors" else "pytorch_model"
    index: dict[str, str] = {}
    for number in range(8):
        shard = {name: weights[name] for name in sorted(weights)[number::8]}
        file = f"{stem}-{number + 1:05}-of-00008.{form}"
        save_file(shard, made / file) if form == "safetensors" else torch.save(shard, made / file)
        index |= dict.fromkeys(shard, file)
    (made / f"{stem}.{form}.index.json").write_text(json.dumps({"weight_map": index}), encoding="utf-8")
    return made


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says how large a process was")
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_loading_takes_the_memory_of_the_model_and_of_one_file(folder: Path, dtype: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, folder, dtype], capture_output=True, text=True, check=True)

    before, peak, model = map(int, done.stdout.split())
    largest = max(file.stat().st_size for file in folder.iterdir())
    assert model > 300 * MIB
    assert peak - before - model < largest + 60 * MIB
