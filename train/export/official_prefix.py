"""The checkpoint of a prefix as the official ChatGLM scripts read it: ``pytorch_model.bin``, and nothing else."""

from pathlib import Path

import torch

from train.export.form import Form, Tuned
from train.export.prefix_weights import OFFICIAL, prefix_weights, require_prefix
from train.models.checkpoint import BIN, PREFIX


def _write(tuned: Tuned, folder: Path) -> list[str]:
    require_prefix(tuned, "official-prefix", OFFICIAL)
    weights = prefix_weights(tuned.adapter)
    torch.save({f"{PREFIX}{name}": tensor.clone() for name, tensor in weights.items()}, folder / BIN)
    length = len(weights["embedding.weight"])
    projection = " --prefix_projection" if "trans.0.weight" in weights else ""
    return [f"--ptuning_checkpoint {tuned.target} --pre_seq_len {length}{projection}"]


OFFICIAL_PREFIX = Form(name="official-prefix", about="a checkpoint for the official ptuning scripts", write=_write)
