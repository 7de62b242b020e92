"""Official folders as the INT4 and INT8 ones are, made of golden weights."""

import json
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import load_file

from tests.train.models.test_registration import BIN, SAFETENSORS, official_folder, save
from train.models.quantised.official import quantised

LAYERS = ("query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h")


def quantised_folder(
    folder: Path, bits: Literal[4, 8], *, name: str = "v1", form: str = BIN, more: tuple[str, ...] = ()
) -> Path:
    """``more`` names further modules whose weights are quantised, as the embeddings were in some files."""
    made = official_folder(folder, name=name)
    weights = {}
    for key, weight in load_file(made / SAFETENSORS).items():
        path, _, leaf = key.rpartition(".")
        if leaf == "weight" and (path.rpartition(".")[2] in LAYERS or path in more):
            weights[key], weights[f"{path}.weight_scale"] = quantised(weight.half(), bits)
        else:
            weights[key] = weight.half() if weight.dtype == torch.float32 else weight
    (made / SAFETENSORS).unlink()
    save(weights, made / form)
    config = json.loads((made / "config.json").read_text(encoding="utf-8"))
    config |= {"quantization_bit": bits, "quantization_embeddings": bool(more), "torch_dtype": "float16"}
    (made / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return made
