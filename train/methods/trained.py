"""What of a model trains: in float32 whatever the base is in, computed in the base's precision, saved by its names."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from schemas.errors import ModelError
from train.models.checkpoint import SAFETENSORS, checkpoint_files, read_weights

MAX_BYTES = 4 << 30
"""Of one file."""


def trained_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """By name; a parameter of two names (a tied vocabulary) once."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def keep_in_float32(model: nn.Module) -> None:
    """Half precision is too coarse for the small steps of an optimiser."""
    for parameter in trained_parameters(model).values():
        parameter.data = parameter.data.float()


def compute_in(module: nn.Module, dtype: torch.dtype) -> None:
    """Let a module whose parameters are in float32 compute in half precision, and answer in it."""
    if dtype == torch.float32:
        return
    module.__dict__["forward"] = partial(_in_half, module, dtype)
    for norm in module.modules():
        if isinstance(norm, nn.LayerNorm | nn.RMSNorm):  # which autocast knows on some devices only
            norm.__dict__["forward"] = partial(_norm_in_float32, norm, dtype)


def back_to_half(model: nn.Module) -> nn.Module:
    """Undo ``compute_in``: the parameters themselves go to half precision."""
    for module in model.modules():
        forward = module.__dict__.get("forward")
        if isinstance(forward, partial) and forward.func in (_in_half, _norm_in_float32):
            del module.__dict__["forward"]
            module.to(forward.args[1])
    return model


def computed_in(model: nn.Module) -> torch.dtype | None:
    """The precision in which what trains in float32 computes; None where it computes in its own."""
    return next((each.__dict__["forward"].args[1] for each in _in_halves(model)), None)


def copied_bytes(model: nn.Module) -> int:
    """What the weights of products take in that precision, beside themselves; norms compute in float32."""
    linear = (each for half in _in_halves(model) for each in half.modules() if isinstance(each, nn.Linear))
    weights = {id(each.weight): each.weight for each in linear if each.weight.requires_grad}
    dtype = computed_in(model)
    return sum(weight.numel() for weight in weights.values()) * (dtype.itemsize if dtype else 0)


def _in_halves(model: nn.Module) -> Iterator[nn.Module]:
    for module in model.modules():
        forward = module.__dict__.get("forward")
        if isinstance(forward, partial) and forward.func is _in_half:
            yield module


def _in_half(module: nn.Module, dtype: torch.dtype, *args: Any, **kwargs: Any) -> Any:
    """A function of the module, not a closure: a copy of the model computes with its own parameters."""
    with torch.autocast(next(module.parameters()).device.type, dtype=dtype):
        output = type(module).forward(module, *args, **kwargs)
    return output.to(dtype) if isinstance(output, Tensor) else output


def _norm_in_float32(norm: nn.LayerNorm | nn.RMSNorm, _: torch.dtype, hidden: Tensor) -> Tensor:
    weight, wide = norm.weight.float(), hidden.float()
    if isinstance(norm, nn.RMSNorm):
        return nn.functional.rms_norm(wide, norm.normalized_shape, weight, norm.eps).to(hidden.dtype)
    return nn.functional.layer_norm(wide, norm.normalized_shape, weight, norm.bias.float(), norm.eps).to(hidden.dtype)


def save_trained(model: nn.Module, folder: Path, *, name: str = SAFETENSORS, max_bytes: int = MAX_BYTES) -> None:
    """Write the trained parameters, in parts with an index where they are large."""
    parts = list(_parts(trained_parameters(model), max_bytes))
    if len(parts) == 1:
        _write(parts[0], folder / name)
        return
    stem, _, ending = name.partition(".")
    index: dict[str, str] = {}
    for number, part in enumerate(parts, start=1):
        file = f"{stem}-{number:05}-of-{len(parts):05}.{ending}"
        _write(part, folder / file)
        index |= dict.fromkeys(part, file)
    size = sum(parameter.nbytes for part in parts for parameter in part.values())
    table = {"metadata": {"total_size": size}, "weight_map": index}
    (folder / f"{name}.index.json").write_text(json.dumps(table, indent=2), encoding="utf-8")


def restore_trained(model: nn.Module, path: Path) -> None:
    """Read them back, from a folder or a file; raises ModelError where it holds more, less or something else."""
    missing = trained_parameters(model)
    for file in checkpoint_files(path) if path.is_dir() else [path]:
        for name, tensor in read_weights(file).items():
            parameter = missing.pop(name, None)
            if parameter is None or parameter.shape != tensor.shape:
                raise ModelError(
                    f"{file}: {name} {tuple(tensor.shape)} is not what is trained; do settings and base fit?"
                )
            parameter.data.copy_(tensor)
    if missing:
        raise ModelError(f"{path}: no {next(iter(missing))} in it ({len(missing)} missing); do settings and base fit?")


def _parts(parameters: dict[str, nn.Parameter], max_bytes: int) -> Iterator[dict[str, nn.Parameter]]:
    part: dict[str, nn.Parameter] = {}
    for name, parameter in parameters.items():
        if part and sum(kept.nbytes for kept in part.values()) + parameter.nbytes > max_bytes:
            yield part
            part = {}
        part[name] = parameter
    yield part


def _write(part: dict[str, nn.Parameter], path: Path) -> None:
    weights = {name: parameter.detach().cpu().contiguous() for name, parameter in part.items()}
    save_file(weights, path, metadata={"format": "pt"})
