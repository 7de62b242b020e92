"""Freeze tuning: the last layers train, in float32, and nothing below them."""

from dataclasses import dataclass

from torch import nn

from schemas.errors import OptionError
from train.families.family import Family
from train.methods.method import Method, Model
from train.methods.settings import at_least
from train.methods.trained import back_to_half, compute_in, keep_in_float32, restore_trained, save_trained
from train.models.quantised.choice import require_whole_weights

WHOLE_LAYER = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """The names are those of ChatGLM-Efficient-Tuning."""

    num_layer_trainable: int = 3
    name_module_trainable: str = WHOLE_LAYER
    """Of those layers: ``all``, or modules by name (``mlp``, ``mlp,attention``)."""

    def __post_init__(self) -> None:
        at_least(1, num_layer_trainable=self.num_layer_trainable)


def _adapt(model: Model, settings: Freeze, family: Family) -> Model:
    require_whole_weights(model, "method freeze")
    layers = family.blocks(model)
    if settings.num_layer_trainable > len(layers):
        raise OptionError(f"num_layer_trainable is {settings.num_layer_trainable}; the model has {len(layers)} layers")
    dtype = model.dtype
    model.requires_grad_(False)
    for layer in list(layers)[-settings.num_layer_trainable :]:
        for module in _chosen(layer, settings.name_module_trainable):
            module.requires_grad_(True)
            compute_in(module, dtype)
    keep_in_float32(model)
    return model


def _chosen(layer: nn.Module, names: str) -> list[nn.Module]:
    if names == WHOLE_LAYER:
        return [layer]
    parts = dict(layer.named_children())
    wanted = [name.strip() for name in names.split(",")]
    if strange := [name for name in wanted if name not in parts]:
        raise OptionError(
            f"name_module_trainable: a layer has no {', '.join(strange)}; "
            f"choose {WHOLE_LAYER}, or of: {', '.join(parts)}"
        )
    return [parts[name] for name in wanted]


FREEZE = Method(
    name="freeze",
    about="the last layers, in float32",
    settings=Freeze,
    learning_rate=5e-5,
    adapt=_adapt,
    save=save_trained,
    restore=restore_trained,
    aliases=("freeze_tuning", "freeze-tuning"),
    merge=back_to_half,
    settle=back_to_half,
    adds_nothing=True,
)
