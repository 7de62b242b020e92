"""Fusion of trained adapters (Pfeiffer et al. 2021, https://arxiv.org/abs/2005.00247): what they learnt is combined.

Two steps: *extract* trains single adapters, one a task, with method ``adapter``; *combine*, here, freezes them and
learns after every sub-layer which of them to heed: attention whose query is what the sub-layer gave, and whose keys and
values are what the adapters would add to it.

The paper's square matrices would be 2.8 billion numbers in a model of 28 layers x 4,096. Ours have the rank
``fusion_size``: query and key so many rows, and the value is the identity plus a product of two matrices that starts as
zero (so that weight decay draws it to the identity, as the paper's regularisation does). As wide as the model, they can
express what the paper's can.

A saved fusion holds copies of the adapters, although they were not trained here: its layers mean nothing without just
these, and folders of other runs are moved, deleted and trained anew. Where they came from, and their hashes, stand in
its settings.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from schemas.errors import ModelError, OptionError
from schemas.run import ADAPTER as ADAPTER_FOLDER
from schemas.run import RUN
from train.families.family import Family
from train.methods.adapter import ADAPTER
from train.methods.aside import Beside, set_aside
from train.methods.bottleneck import CHILD, Bottleneck, follow, sublayers
from train.methods.method import Method, Model
from train.methods.settings import at_least
from train.methods.trained import restore_trained, save_trained
from train.models.checkpoint import SAFETENSORS, checkpoint_files, read_weights

COPIES = "adapters"
"""Below the folder of a fusion: ``0``, ``1`` …, each with the weights as method ``adapter`` saved them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterFusion:
    adapters: tuple[str, ...] = ()
    """Two or more runs of method ``adapter`` over the same base, or the folders of their adapters."""
    fusion_size: int = 64
    kept: tuple[Mapping[str, Any], ...] = ()
    """Not for recipes: what is known of each adapter once the fusion holds a copy of it."""

    def __post_init__(self) -> None:
        at_least(1, fusion_size=self.fusion_size)
        if len(self.adapters) < 2:
            raise OptionError(
                f"adapters names {len(self.adapters)}, expected two or more: train each with --method adapter, "
                "then name their runs: --set adapters=[runs/a,runs/b]"
            )
        if len(set(self.adapters)) < len(self.adapters):
            raise OptionError(f"adapters names one of them twice: {', '.join(self.adapters)}")


class Fusion(Beside):
    """What the adapters of a sub-layer add, mixed for each position; in float32 whatever the base is in."""

    def __init__(self, width: int, size: int, adapters: list[Bottleneck]) -> None:
        super().__init__()
        self.adapters = nn.ModuleList(adapters)
        self.query = nn.Linear(width, size, dtype=torch.float32)
        self.key = nn.Linear(width, size, bias=False, dtype=torch.float32)  # one would shift all scores alike
        self.value_down = nn.Linear(width, size, bias=False, dtype=torch.float32)
        self.value_up = nn.Linear(size, width, bias=False, dtype=torch.float32)
        nn.init.zeros_(self.value_up.weight)

    def shares(self, hidden: Tensor, changes: Tensor) -> Tensor:
        """How much each adapter is heeded.

        Shapes: hidden (…, width), changes (…, adapters, width) -> (…, adapters).
        """
        query = self.query(hidden.to(self.query.weight.dtype)).unsqueeze(-2)
        scores = (query * self.key(changes)).sum(-1) / self.key.out_features**0.5
        return torch.softmax(scores, dim=-1)

    def forward(self, hidden: Tensor) -> Tensor:
        changes = torch.stack([adapter.change(hidden) for adapter in self.adapters], dim=-2)  # type: ignore[operator]
        mixed = (self.shares(hidden, changes).unsqueeze(-1) * changes).sum(-2)
        output: Tensor = hidden + mixed + self.value_up(self.value_down(mixed))
        return output.to(hidden.dtype)


def _adapt(model: Model, settings: AdapterFusion, family: Family) -> Model:
    places = [_adapter_folder(name) for name in settings.adapters]
    model.fused = settings.kept or tuple(_facts(place, model) for place in places)
    width = model.config.hidden_size
    for _, sublayer in sublayers(model, family):
        adapters = [
            Bottleneck(width, facts["bottleneck_size"], non_linearity=facts["non_linearity"]) for facts in model.fused
        ]
        follow(sublayer, Fusion(width, settings.fusion_size, adapters))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(f".{CHILD}." in name and f".{CHILD}.adapters." not in name)
    has_numbers = not settings.kept and not next(model.parameters()).is_meta
    for number, place in enumerate(places if has_numbers else ()):
        _fill(model, number, place)
    return model


def _adapter_folder(name: str) -> Path:
    return Path(name) / ADAPTER_FOLDER if (Path(name) / RUN).is_file() else Path(name)


def _facts(place: Path, model: Model) -> Mapping[str, Any]:
    """What of an adapter has to be known to make room for it; raises ModelError for what cannot be fused here."""
    from train.methods.saved import adapter_of, refuse_wrong_base  # which knows every method, this one too

    method, settings = adapter_of(place)
    if method.name != ADAPTER.name:
        raise ModelError(f"{place}: trained with {method.name}; a fusion combines what --method {ADAPTER.name} trained")
    refuse_wrong_base(model, place)
    digest = hashlib.sha256()
    for file in checkpoint_files(place):
        digest.update(file.read_bytes())
    known = asdict(settings)
    return {name: known[name] for name in ("bottleneck_size", "non_linearity")} | {"sha256": digest.hexdigest()}


def _parameters_of(model: Model, number: int) -> dict[str, Any]:
    """Those of one adapter, by the names that method ``adapter`` gives them."""
    inside = f".{CHILD}.adapters.{number}."
    return {
        name.replace(inside, f".{CHILD}."): parameter for name, parameter in model.named_parameters() if inside in name
    }


@torch.no_grad()
def _fill(model: Model, number: int, place: Path) -> None:
    weights = {name: weight for file in checkpoint_files(place) for name, weight in read_weights(file).items()}
    parameters = _parameters_of(model, number)
    if odd := sorted(weights.keys() ^ parameters.keys()):
        where = "in it, which is no part of such an adapter" if odd[0] in weights else "is not in it"
        raise ModelError(f"{place}: {odd[0]} {where} ({len(odd)} such names); do adapter and base fit?")
    for name, parameter in parameters.items():
        if parameter.shape != weights[name].shape:
            found, expected = tuple(weights[name].shape), tuple(parameter.shape)
            raise ModelError(f"{place}: {name} is {found}, expected {expected}; do adapter and base fit?")
        parameter.copy_(weights[name])


def _save(model: Model, folder: Path) -> None:
    save_trained(model, folder)
    for number in range(len(model.fused)):
        place = folder / COPIES / str(number)
        place.mkdir(parents=True, exist_ok=True)
        weights = {name: weight.detach().cpu().contiguous() for name, weight in _parameters_of(model, number).items()}
        save_file(weights, place / SAFETENSORS, metadata={"format": "pt"})


def _restore(model: Model, folder: Path) -> None:
    restore_trained(model, folder)
    for number in range(len(model.fused)):
        _fill(model, number, folder / COPIES / str(number))


def _fold(model: Model, settings: AdapterFusion) -> tuple[str, Mapping[str, Any], Model]:
    """From now on the folders that the adapters came from are not needed."""
    return ADAPTER_FUSION.name, asdict(settings) | {"kept": model.fused}, model


ADAPTER_FUSION = Method(
    name="adapter_fusion",
    about="attention over adapters trained before, which stay as they are (AdapterFusion)",
    settings=AdapterFusion,
    learning_rate=3e-4,
    adapt=_adapt,
    save=_save,
    restore=_restore,
    aliases=("fusion", "adapterfusion"),
    fold=_fold,
    off=set_aside,
)
