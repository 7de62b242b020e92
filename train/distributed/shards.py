"""FSDP2: every process holds a part of each weight, and a layer becomes whole while it runs.

It is done here, before the trainer comes, and not by accelerate, whose plug-in is for graphics cards only: what tests
see on processors is what cards do. Gradients are averaged at every batch, so that nobody ever holds them whole.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor
from torch.utils._pytree import tree_map_only

from train.methods.method import Model
from train.processes import Processes


def shard(model: Model, blocks: Sequence[nn.Module], device: torch.device) -> Model:
    """Divide a model among all processes; ``blocks`` are its layers, what stands around them is divided as one.

    Where it lies on the host, a block at a time goes to the device; on the meta device it stays.
    """
    mesh = init_device_mesh(device.type, (Processes.here().count,))
    single = {each for each in model.parameters() if each.dim() == 0}  # they cannot be divided, and stay everywhere
    for each in single:
        each.data = each.data.to(device)
    for block in blocks:
        fully_shard(block, mesh=mesh, ignored_params=single)
    fully_shard(model, mesh=mesh, ignored_params=single)
    register_fsdp_forward_method(model, "generate")
    return model


def save_optimizer(optimizer: Any, checkpoint: Path, rank: int) -> None:
    """Each process its own part."""
    checkpoint.mkdir(parents=True, exist_ok=True)  # the first process may not have come here yet
    state = tree_map_only(DTensor, lambda each: each.to_local(), optimizer.state_dict())
    torch.save(state, _file(checkpoint, rank))


def load_optimizer(optimizer: Any, checkpoint: Path, rank: int) -> None:
    state = torch.load(_file(checkpoint, rank), map_location="cpu", weights_only=True)
    parameters = [each for group in optimizer.param_groups for each in group["params"]]
    for number, slots in state["state"].items():
        state["state"][number] = {name: _as_part(value, parameters[number]) for name, value in slots.items()}
    optimizer.load_state_dict(state)


def _as_part(value: Any, parameter: Any) -> Any:
    if not isinstance(parameter, DTensor) or not value.dim():
        return value
    local, places = value.to(parameter.device), parameter.placements
    return DTensor.from_local(
        local, parameter.device_mesh, places, run_check=False, shape=parameter.shape, stride=parameter.stride()
    )


def _file(checkpoint: Path, rank: int) -> Path:
    return checkpoint / f"optimizer_{rank}.pt"
