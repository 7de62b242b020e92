"""Which precision the base is in and which one trains, on the machine at hand; what it lacks is replaced, aloud."""

from dataclasses import dataclass
from typing import Literal

import torch

Half = Literal["fp16", "bf16"]
HALVES: dict[Half, torch.dtype] = {"fp16": torch.float16, "bf16": torch.bfloat16}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the device of this process can do."""

    device: torch.device
    name: str
    bfloat16: bool
    tf32: bool

    @property
    def is_cpu(self) -> bool:
        return self.device.type == "cpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the recipe says: ``dtype`` of the base, and the flags of transformers."""

    dtype: str = "auto"
    fp16: bool = False
    bf16: bool = False
    tf32: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    base: torch.dtype
    flag: Half | None
    """What was asked for, as far as the machine has it."""
    tf32: bool | None
    notes: tuple[str, ...]
    """What the machine lacks, and what is used instead."""


def this_machine(*, use_cpu: bool = False, local_rank: int = 0) -> Machine:
    if use_cpu or not torch.cuda.is_available():
        return Machine(device=torch.device("cpu"), name="cpu", bfloat16=True, tf32=False)
    device = torch.device("cuda", local_rank)
    newer = torch.cuda.get_device_capability(device) >= (8, 0)
    return Machine(device=device, name=torch.cuda.get_device_name(device), bfloat16=newer, tf32=newer)


def precision(wanted: Wanted, machine: Machine, stored: torch.dtype) -> Precision:
    """Choose; ``stored`` is the precision of the base's weights on disk."""
    notes: list[str] = []
    flag: Half | None = "bf16" if wanted.bf16 else "fp16" if wanted.fp16 else None
    if flag and machine.is_cpu:
        notes.append(f"{flag}: this machine has no graphics card that trains in it; float32 is used instead")
        flag = None
    elif flag == "bf16" and not machine.bfloat16:
        notes.append(f"bf16: {machine.name} has no bfloat16; fp16 is used instead")
        flag = "fp16"
    if wanted.tf32 and not machine.tf32:
        notes.append(f"tf32: {machine.name} has no TF32; float32 is used instead")
    base = _base(wanted.dtype, flag, machine, stored)
    if base == torch.bfloat16 and not machine.bfloat16:
        notes.append(f"dtype bfloat16: {machine.name} has no bfloat16; float16 is used instead")
        base = torch.float16
    return Precision(base=base, flag=flag, tf32=wanted.tf32 if machine.tf32 else None, notes=tuple(notes))


def autocast(chosen: Precision) -> Half | None:
    """What transformers gets as its flag: a base in bfloat16 computes in it anyway; ``fp16`` brings loss scaling."""
    return None if chosen.flag == "bf16" and chosen.base == torch.bfloat16 else chosen.flag


def _base(dtype: str, flag: Half | None, machine: Machine, stored: torch.dtype) -> torch.dtype:
    if dtype != "auto":
        chosen: torch.dtype = getattr(torch, dtype)
        return chosen
    if flag:
        return HALVES[flag]
    return torch.float32 if machine.is_cpu else stored
