"""Whether a model fits: its weights beside the memory that is free, and its files beside the disk."""

import shutil
from pathlib import Path

import torch

from schemas.errors import ModelError
from train.models.quantised.choice import BITS, Quantization
from train.models.quantised.linear import place_in_blocks

_GROUPS = Path("/sys/fs/cgroup")


def require_room(
    folder: str | Path, dtype: torch.dtype, device: torch.device | str, quantization: Quantization = "none"
) -> None:
    """Raise ModelError, before anything is loaded, where the weights alone are larger than the free memory."""
    device = torch.device(device)
    needed, free = weights_bytes(folder, dtype, quantization), free_memory(device)
    if free is None or needed <= free:
        return
    smaller = "another precision (dtype float16), " if dtype == torch.float32 else ""
    smaller += "quantization int8 or int4, " if quantization == "none" else ""
    raise ModelError(
        f"{folder}: its weights take {in_gib(needed)} in {str(dtype).removeprefix('torch.')}, but {in_gib(free)} are "
        f"free on {device}; take {smaller}a machine with more memory, a smaller model, or --model tiny"
    )


def weights_bytes(folder: str | Path, dtype: torch.dtype, quantization: Quantization = "none") -> int:
    """Of a model once it is loaded, counted without reading its weights."""
    from transformers import AutoConfig, AutoModelForCausalLM

    from train.models.registration import register

    register()
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))
    if quantization != "none":
        place_in_blocks(model, BITS[quantization])
    weights = list(model.parameters())
    return sum(each.numel() * (dtype if each.is_floating_point() else each.dtype).itemsize for each in weights)


def free_memory(device: torch.device) -> int | None:
    """In bytes; None where nobody says."""
    if device.type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        return free
    known = (_free_on_the_host(), _free_in_the_group())
    return min((free for free in known if free is not None), default=None)


def require_space(name: str, needed: int, folder: Path) -> None:
    """Raise ModelError where files of so many bytes do not fit on the disk of a folder, which may not be there yet."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.is_dir())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise ModelError(
            f"{name}: its files take {in_gib(needed)}, but {in_gib(free)} are free in {folder}; free some space, name "
            "another disk with HF_HOME (with ModelScope MODELSCOPE_CACHE), or try --model tiny"
        )


def in_gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"


def _free_on_the_host() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    facts = dict(line.split(":", 1) for line in lines)
    return int(facts["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in facts else None


def _free_in_the_group() -> int | None:
    """What a container may still take; files that it has read can be dropped again."""
    try:
        limit = (_GROUPS / "memory.max").read_text(encoding="ascii").strip()
        used = int((_GROUPS / "memory.current").read_text(encoding="ascii"))
        lines = (_GROUPS / "memory.stat").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    cached = sum(int(line.split()[1]) for line in lines if line.startswith(("inactive_file ", "active_file ")))
    return None if limit == "max" else max(int(limit) - used + cached, 0)
