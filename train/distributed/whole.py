"""What is trained, whole again for as long as it is saved or read: DeepSpeed (ZeRO-3) and FSDP hold it in parts.

One parameter at a time is put together on the devices, and is kept on the host by the processes that need it.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor, distribute_tensor

from train.methods.trained import trained_parameters


@contextmanager
def saving(model: Any, *, first: bool) -> Iterator[None]:
    """Every process has to come here; the ``first`` one then has the trained parameters whole, in the model."""
    parts = _in_parts(model)
    hosts = {name: host for name, part in parts.items() if (host := _gathered(part, keep=first)) is not None}
    with _exchanged(model, hosts):
        yield


@contextmanager
def reading(model: Any) -> Iterator[None]:
    """What is read into the model meanwhile, by every process, goes to where its parts are."""
    parts = _in_parts(model)
    hosts = {name: host for name, part in parts.items() if (host := _gathered(part, keep=True)) is not None}
    with _exchanged(model, hosts):
        yield
    for name, host in hosts.items():
        _scatter(host, parts[name])


def _is_part(parameter: nn.Parameter) -> bool:
    return isinstance(parameter, DTensor) or hasattr(parameter, "ds_id")


def _in_parts(model: nn.Module) -> dict[str, nn.Parameter]:
    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.reshard()  # after an evaluation what stands around the layers is whole still
    return {name: each for name, each in trained_parameters(model).items() if _is_part(each)}


@torch.no_grad()
def _gathered(part: Any, *, keep: bool) -> Tensor | None:
    if isinstance(part, DTensor):
        whole = part.full_tensor()
        return whole.cpu().clone() if keep else None
    import deepspeed

    with deepspeed.zero.GatheredParameters([part]):
        return part.data.detach().cpu().clone() if keep else None


@torch.no_grad()
def _scatter(host: Tensor, part: Any) -> None:
    if isinstance(part, DTensor):
        part.copy_(distribute_tensor(host.to(part.device), part.device_mesh, part.placements))
        return
    import deepspeed

    with deepspeed.zero.GatheredParameters([part], modifier_rank=0):
        part.data.copy_(host)


@contextmanager
def _exchanged(model: nn.Module, hosts: dict[str, Tensor]) -> Iterator[None]:
    """The modules hold plain parameters meanwhile, which is all that a method's ``save`` and ``restore`` know.

    A tied one stands in several modules, and does so meanwhile.
    """
    whole = {id(model.get_parameter(name)): nn.Parameter(host) for name, host in hosts.items()}
    places = [
        (module, leaf, part)
        for module in model.modules()
        for leaf, part in module._parameters.items()
        if part is not None and id(part) in whole
    ]
    hooks = {module: module._load_state_dict_post_hooks for module, _, _ in places}  # FSDP's look for its parts
    for module, leaf, part in places:
        module._parameters[leaf] = whole[id(part)]
        module._load_state_dict_post_hooks = OrderedDict()
    try:
        yield
    finally:
        for module, kept in hooks.items():
            module._load_state_dict_post_hooks = kept
        for module, leaf, part in places:
            module._parameters[leaf] = part
