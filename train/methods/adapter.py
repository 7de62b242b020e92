"""Bottleneck adapters after attention and MLP of every layer (Houlsby et al. 2019, https://arxiv.org/abs/1902.00751).

They change what a sub-layer gives before the residual connection. In ChatGLM-6B, whose residual branch starts at the
scaled output of a layer norm, that is the ``Attn(a)`` of ``x = a * alpha + Attn(a)``.
"""

from dataclasses import dataclass

from train.families.family import Family
from train.methods.aside import set_aside
from train.methods.bottleneck import Bottleneck, NonLinearity, follow, sublayers
from train.methods.method import Method, Model
from train.methods.settings import at_least, share
from train.methods.trained import restore_trained, save_trained


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    bottleneck_size: int = 64
    non_linearity: NonLinearity = "gelu"
    adapter_dropout: float = 0.0
    """Of what an adapter adds."""

    def __post_init__(self) -> None:
        at_least(1, bottleneck_size=self.bottleneck_size)
        share(adapter_dropout=self.adapter_dropout)


def _adapt(model: Model, settings: Adapter, family: Family) -> Model:
    model.requires_grad_(False)
    for _, sublayer in sublayers(model, family):
        adapter = Bottleneck(
            model.config.hidden_size,
            settings.bottleneck_size,
            non_linearity=settings.non_linearity,
            dropout=settings.adapter_dropout,
        )
        follow(sublayer, adapter)
    return model


ADAPTER = Method(
    name="adapter",
    about="small bottlenecks after attention and MLP of every layer (Houlsby)",
    settings=Adapter,
    learning_rate=3e-4,
    adapt=_adapt,
    save=save_trained,
    restore=restore_trained,
    aliases=("adapters", "houlsby", "bottleneck"),
    off=set_aside,
)
