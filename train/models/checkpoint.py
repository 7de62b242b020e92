"""Official checkpoints: whole models in one or many files, read one file at a time; and lone P-Tuning v2 prefixes.

``from_pretrained`` of transformers reads the same folders. ``load_model`` holds no more than one file of them on the
host while it fills a model on the device.
"""

import json
import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from schemas.errors import ModelError
from train.models.prefix import PrefixEncoder
from train.models.quantised.choice import Quantization
from train.models.quantised.filling import fill_official, prepared, with_whole_embeddings
from train.models.quantised.libraries import put

SAFETENSORS, BIN = "model.safetensors", "pytorch_model.bin"
PREFIX = "transformer.prefix_encoder."
"""What the names in an official P-Tuning checkpoint begin with."""


def checkpoint_files(folder: str | Path) -> list[Path]:
    """The files with the weights of a folder; safetensors before ``.bin``."""
    for name in (SAFETENSORS, BIN):
        index, whole = Path(folder) / f"{name}.index.json", Path(folder) / name
        if index.is_file():
            shards = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
            return [_present(Path(folder) / Path(shard).name) for shard in shards]
        if whole.is_file():
            return [whole]
    raise ModelError(f"{folder}: no weights in it; expected {SAFETENSORS} or {BIN}, whole or in parts with their index")


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of one file, mapped into memory; no code in it is ever run."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True, mmap=_is_zip(path))
    except (SafetensorError, UnpicklingError, RuntimeError, ValueError, EOFError, OSError) as error:
        reason = str(error).partition("\n")[0] if not isinstance(error, UnpicklingError) else "more than tensors in it"
        raise ModelError(f"{path}: cannot be read as weights: {reason}; download it again") from None
    return weights


def load_model(
    folder: str | Path,
    *,
    dtype: torch.dtype | None = None,
    device: torch.device | str = "cpu",
    quantization: Quantization = "none",
    mapped: bool = False,
    **fields: Any,
) -> Any:
    """Read a whole model; ``fields`` replace those of its ``config.json`` (``pre_seq_len=128``).

    A prefix encoder that the checkpoint lacks starts anew. Everything else has to be there, and nothing more. A folder
    that is quantised stays so without being asked; another one is quantised while it is read. ``mapped`` weights stay
    in their files until they are moved, where they have the precision that is asked for.
    """
    model = empty_model(folder, dtype=dtype, **fields)
    tensors = stored_tensors(folder)
    fill(model, tensors, where=str(folder), device=device, quantization=quantization, copy=not mapped)
    model.tie_weights()
    for module in model.modules():
        if isinstance(module, PrefixEncoder) and module.embedding.weight.is_meta:
            module.to_empty(device=device)
            module.float().reset_parameters()
    require_all(folder, [name for name, parameter in model.named_parameters() if parameter.is_meta])
    return model.eval()


def empty_model(folder: str | Path, *, dtype: torch.dtype | None = None, **fields: Any) -> Any:
    """The same on the meta device, without weights."""
    from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig

    config = AutoConfig.from_pretrained(folder, **fields)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype or config.dtype or torch.float32)
    if (Path(folder) / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(folder)
    return model


def fill(
    model: Any,
    tensors: Iterable[tuple[str, Tensor]],
    *,
    where: str,
    device: torch.device | str,
    quantization: Quantization = "none",
    copy: bool = True,
) -> None:
    """Put tensors into a model that was made on the meta device, each in the model's own precision."""
    by_library = prepared(model, quantization)
    expected = dict(model.named_parameters(remove_duplicate=False))
    for name, tensor in of_model(model, with_whole_embeddings(tensors, expected, where), expected, where):
        parameter = expected[name]
        path, _, leaf = name.rpartition(".")
        module = model.get_submodule(path)
        if fill_official(module, leaf, tensor, device):
            continue
        require_shape(tensor, parameter, f"{where}: {name}")
        value = tensor.to(device=device, dtype=parameter.dtype, copy=copy)
        if name in by_library:
            put(model, path, value, quantization)
        else:
            setattr(module, leaf, nn.Parameter(value, requires_grad=parameter.requires_grad))


def load_prefix(model: nn.Module, checkpoint: str | Path) -> None:
    """Read an official P-Tuning v2 checkpoint (its folder or its file) into the prefix encoder of a model."""
    path = Path(checkpoint)
    files = checkpoint_files(path) if path.is_dir() else [_present(path)]
    weights = {
        name.removeprefix(PREFIX): tensor
        for file in files
        for name, tensor in read_weights(file).items()
        if name.startswith(PREFIX)
    }
    if not weights:
        raise ModelError(f"{path}: no {PREFIX}* in it, so it is no checkpoint of P-Tuning v2")
    encoder = prefix_encoder(model)
    try:
        encoder.load_state_dict(weights)
    except RuntimeError as error:
        length = len(weights["embedding.weight"]) if "embedding.weight" in weights else "unknown"
        projected = any(name.startswith("trans.") for name in weights)
        raise ModelError(
            f"{path}: a prefix of pre_seq_len {length}, prefix_projection {projected}, which does not fit the model: "
            f"{' '.join(str(error).split())}"
        ) from None


def save_prefix(model: nn.Module, folder: str | Path, *, form: Literal["safetensors", "bin"] = "safetensors") -> Path:
    """Write the prefix encoder, and nothing else, as the official scripts do and read it (they know ``bin`` only)."""
    weights = {
        f"{PREFIX}{name}": tensor.detach().cpu().float().contiguous()
        for name, tensor in prefix_encoder(model).state_dict().items()
    }
    path = Path(folder) / (SAFETENSORS if form == "safetensors" else BIN)
    path.parent.mkdir(parents=True, exist_ok=True)
    if form == "safetensors":
        save_file(weights, path, metadata={"format": "pt"})
    else:
        torch.save(weights, path)
    return path


def prefix_encoder(model: nn.Module) -> PrefixEncoder:
    """The prefix encoder of a model; raises ModelError where it was loaded without ``pre_seq_len``."""
    for module in model.modules():
        if isinstance(module, PrefixEncoder):
            return module
    raise ModelError("the model has no prefix encoder; load it with pre_seq_len (128 in the official scripts)")


def of_model(
    model: Any, tensors: Iterable[tuple[str, Tensor]], expected: Container[str], where: str
) -> Iterator[tuple[str, Tensor]]:
    """Without what is tied to other weights or computed; raises ModelError for what the model has not."""
    tied = model._tied_weights_keys or {} if model.config.tie_word_embeddings else {}
    ignored = re.compile("|".join(model._keys_to_ignore_on_load_unexpected or ["$^"]))
    for name, tensor in tensors:
        if name in tied or ignored.search(name):
            continue
        if name not in expected:
            raise ModelError(f"{where}: {name} in its weights is no part of {type(model).__name__}; is it quantised?")
        yield name, tensor


def stored_tensors(folder: str | Path) -> Iterator[tuple[str, Tensor]]:
    for file in checkpoint_files(folder):
        yield from read_weights(file).items()


def require_all(folder: str | Path, missing: list[str]) -> None:
    if missing:
        raise ModelError(f"{folder}: no {_some(missing)} in its weights; download the folder again")


def require_shape(tensor: Tensor, parameter: Tensor, what: str) -> None:
    if tensor.shape != parameter.shape:
        found, wanted = (" x ".join(map(str, shape)) for shape in (tensor.shape, parameter.shape))
        raise ModelError(f"{what} is {found}, but its config.json says {wanted}; do the files belong together?")


def _present(path: Path) -> Path:
    if not path.is_file():
        raise ModelError(f"{path}: not there; download the folder again")
    return path


def _is_zip(path: Path) -> bool:
    """Checkpoints of before torch 1.6 are no zip archives and cannot be mapped."""
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" (and {len(names) - 3} more)" if len(names) > 3 else "")
