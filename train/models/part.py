"""A model that is divided among processes is read in parts: by each the rows of a weight that it holds."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor

from train.models.checkpoint import of_model, require_all, require_shape, stored_tensors


def fill_parts(model: Any, folder: str | Path) -> None:
    """Every process has to come here; raises ModelError where the folder holds something else than the model."""
    expected = dict(model.named_parameters(remove_duplicate=False))
    missing = dict(model.named_parameters())
    for name, tensor in of_model(model, stored_tensors(folder), expected, str(folder)):
        require_shape(tensor, expected[name], f"{folder}: {name}")
        _fill(expected[name], tensor)
        missing.pop(name, None)
    require_all(folder, list(missing))


@torch.no_grad()
def _fill(parameter: DTensor, whole: Tensor) -> None:
    """Of a mapped file no other rows are read."""
    local, mesh = parameter.to_local(), parameter.device_mesh
    rows = -(-len(whole) // mesh.size())
    first = min(rows * mesh.get_local_rank(), len(whole))
    local.copy_(whole[first : first + len(local)])
