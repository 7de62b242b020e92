"""The base model of a training: where it lies, what kind it is, and the model itself."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from schemas.errors import ModelError
from train.families.family import Family, Tokenizer
from train.families.registry import family_of, released
from train.methods.method import Method, Model, Settings
from train.methods.saved import refuse_wrong_base
from train.models.locate import locate
from train.models.quantised.choice import BITS, Quantization, settled
from train.models.quantised.linear import packed_away, place_in_blocks
from train.models.room import require_room

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A model before tuning, not loaded yet."""

    name: str
    folder: Path | None
    """None where only its released configuration is known."""
    family: Family
    fields: Mapping[str, Any]
    """Of its configuration."""
    quantization: Quantization = "none"

    @property
    def stored(self) -> torch.dtype:
        """The precision of its weights on disk, as its configuration has it."""
        name = self.fields.get("dtype") or self.fields.get("torch_dtype") or "float32"
        found = getattr(torch, str(name), torch.float32)
        return found if isinstance(found, torch.dtype) else torch.float32

    def tokenizer(self, *, split_special_tokens: bool) -> Tokenizer:
        if self.folder is None:
            raise ModelError(f"{self.name}: not on this machine, and so is not its tokenizer")
        tokenizer: Any = self.family.load_tokenizer(self.folder)
        tokenizer.split_special_tokens = split_special_tokens
        return tokenizer

    def load(self, dtype: torch.dtype, device: torch.device) -> Model:
        if self.folder is None:
            raise ModelError(f"{self.name}: not on this machine")
        require_room(self.folder, dtype, device, self.quantization)
        asked = {} if self.quantization == "none" else {"quantization": self.quantization}
        return self.family.load(self.folder, dtype=dtype, device=device, **asked)[0]

    def load_mapped(self, dtype: torch.dtype) -> Model:
        """On the host, where its weights stay in their files until they are moved."""
        return self.family.load(self.folder, dtype=dtype, device="cpu", mapped=True)[0]

    def skeleton(self, method: Method, settings: Settings, dtype: torch.dtype) -> Model:
        """The adapted model without weights: enough to count and to estimate. Quantised by a library it is as large as
        the official one of as many bits."""
        with torch.device("meta"):
            model = _in(self.family.skeleton(**self.fields), dtype)
            if self.quantization != "none":
                place_in_blocks(model, BITS[self.quantization])
            return method.adapt(model, settings, self.family)


def find_base(
    name: str, note: Note = lambda _: None, *, need_weights: bool = True, quantization: Quantization = "none"
) -> Base:
    """Raises a PrepError where there is no such model, or none that we know; ``note`` hears of what is fetched."""
    folder = locate(name, note, need_weights=need_weights)
    family, fields = family_of(folder), _fields(folder)
    settled_as = settled(name, fields, quantization)
    return Base(name=name, folder=folder, family=family, fields=fields, quantization=settled_as)


def find_base_or_its_numbers(name: str, note: Note, *, quantization: Quantization = "none") -> Base:
    """The same for a dry run, without weights; of a released model the configuration is known without its files."""
    known = released(name)
    try:
        return find_base(name, note, need_weights=False, quantization=quantization)
    except ModelError:
        if known is None:
            raise
        note(
            f"{name}: not on this machine; its numbers are those of the released configuration, and without its "
            "tokenizer nobody can say what the limits cut off"
        )
        family, fields = known
        settled_as = settled(name, fields, quantization)
        return Base(name=name, folder=None, family=family, fields=fields, quantization=settled_as)


def adapted(model: Model, method: Method, settings: Settings, family: Family, adapter: Path | None) -> Model:
    """The model that trains, with what was trained before where ``adapter`` says so."""
    if adapter is not None:
        refuse_wrong_base(model, adapter)
    tuned = method.adapt(model, settings, family)
    if adapter is not None:
        method.restore(tuned, adapter)
    return tuned


def count_parameters(model: Model) -> tuple[int, int]:
    """Trained ones and all; quantised or not."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    return sum(size for size, trains in sizes if trains), sum(size for size, _ in sizes) + packed_away(model)


def _in(model: torch.nn.Module, dtype: torch.dtype) -> Model:
    return model.to(dtype)


def _fields(folder: Path) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return {key: value for key, value in fields.items() if key not in ("auto_map", "transformers_version")}
