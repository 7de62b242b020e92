"""Single adapters as if trained, a model that fuses them, and what its training leaves behind."""

from pathlib import Path
from typing import Any

import torch

from tests.train.methods.side import base, disturb, facts
from train.methods.adapter import ADAPTER, Adapter
from train.methods.adapter_fusion import ADAPTER_FUSION, AdapterFusion
from train.methods.registry import METHODS, settings_of
from train.methods.saved import save_adapter

SINGLES = (Adapter(bottleneck_size=8), Adapter(bottleneck_size=4, non_linearity="relu", adapter_dropout=0.5))
"""Of different shapes."""


def single(family: str, folder: Path, settings: Adapter = SINGLES[0], seed: int = 0) -> str:
    model = disturb(ADAPTER.adapt(base(family), settings, facts(family)), seed=seed)
    save_adapter(model, ADAPTER, settings, folder)
    return str(folder)


def fused(family: str, adapters: tuple[str, ...], dtype: torch.dtype = torch.float32) -> Any:
    torch.manual_seed(0)
    return ADAPTER_FUSION.adapt(base(family, dtype), AdapterFusion(adapters=adapters, fusion_size=8), facts(family))


def finished(model: Any, adapters: tuple[str, ...], folder: Path) -> Path:
    """Save as a training does when it is over."""
    assert ADAPTER_FUSION.fold is not None
    name, values, model = ADAPTER_FUSION.fold(model, AdapterFusion(adapters=adapters, fusion_size=8))
    save_adapter(model, METHODS[name], settings_of(METHODS[name], values), folder)
    return folder
