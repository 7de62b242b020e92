"""Prefix-Tuning: the prefix of P-Tuning v2 comes from an MLP, which is folded away when training is over.

Li and Liang 2021, https://arxiv.org/abs/2101.00190, whose learning rate is the default. A checkpoint keeps the MLP.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch

from train.families.family import Family
from train.methods.method import Method, Model
from train.methods.p_tuning_v2 import Form, PTuningV2, add_prefix, save
from train.methods.settings import at_least, share
from train.models.checkpoint import load_prefix, prefix_encoder
from train.models.prefix import PrefixTable


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixTuning:
    pre_seq_len: int = 128
    prefix_dropout: float = 0.1
    checkpoint_format: Form = "safetensors"
    """The official scripts read ``bin`` only."""

    def __post_init__(self) -> None:
        at_least(1, pre_seq_len=self.pre_seq_len)
        share(prefix_dropout=self.prefix_dropout)


def _adapt(model: Model, settings: PrefixTuning, family: Family) -> Model:
    return add_prefix(model, PTuningV2(**asdict(settings), prefix_projection=True), family)


@torch.no_grad()
def _fold(model: Model, settings: PrefixTuning) -> tuple[str, Mapping[str, Any], Model]:
    """The same model with a plain prefix: it is changed in place."""
    encoder = prefix_encoder(model)
    rows = encoder()
    encoder.embedding = PrefixTable(*rows.shape)
    encoder.embedding.weight.copy_(rows)
    encoder.trans = None
    model.config.prefix_projection = False
    return "p_tuning_v2", asdict(PTuningV2(**asdict(settings))), model


PREFIX_TUNING = Method(
    name="prefix_tuning",
    about="a prefix as of p_tuning_v2 that an MLP makes; a plain p_tuning_v2 once trained",
    settings=PrefixTuning,
    learning_rate=5e-5,
    adapt=_adapt,
    save=save,
    restore=load_prefix,
    aliases=("prefix", "prefix-tuning"),
    fold=_fold,
)
