"""P-Tuning v2, the method of the official scripts: trained keys and values in front of those of every layer.

The base keeps its precision, the prefix is in float32. What is saved is an official checkpoint
(``transformer.prefix_encoder.*``); ``prefix_projection`` keeps the MLP in it, as the official scripts do, and
``prefix_tuning`` folds it away.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from schemas.errors import ModelError
from train.families.family import Family
from train.methods.method import Method, Model
from train.methods.settings import at_least, share
from train.methods.through_peft import CONFIG, peft_weights
from train.models.attended_prefix import attach_prefix
from train.models.checkpoint import load_prefix, prefix_encoder, save_prefix
from train.models.prefix import train_only_the_prefix

Form = Literal["safetensors", "bin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PTuningV2:
    pre_seq_len: int = 128
    prefix_projection: bool = False
    """The numbers come from an MLP over a smaller table (ChatGLM2-6B: one as large); many more parameters."""
    prefix_dropout: float = 0.1
    checkpoint_format: Form = "safetensors"
    """The official scripts read ``bin`` only."""

    def __post_init__(self) -> None:
        at_least(1, pre_seq_len=self.pre_seq_len)
        share(prefix_dropout=self.prefix_dropout)


def add_prefix(model: Model, settings: PTuningV2, family: Family) -> Model:
    """Add a prefix encoder to a model that was loaded without, and train nothing but it."""
    options: dict[str, Any] = {"projection": settings.prefix_projection, "dropout": settings.prefix_dropout}
    if hasattr(model, "add_prefix"):
        model.add_prefix(settings.pre_seq_len, **options)
    else:
        attention, _ = family.sublayers(model)
        layers = [block.get_submodule(attention) for block in family.blocks(model)]
        attach_prefix(model, layers, settings.pre_seq_len, **options)
    train_only_the_prefix(model)
    encoder: Any = prefix_encoder(model)
    encoder.checkpoint_format = settings.checkpoint_format
    return model


def save(model: Model, folder: Path) -> None:
    encoder: Any = prefix_encoder(model)
    save_prefix(model, folder, form=encoder.checkpoint_format)


def _restore(model: Model, checkpoint: Path) -> None:
    """Read an official checkpoint, or what peft's PrefixTuning leaves: it lays its numbers out alike."""
    if not (checkpoint / CONFIG).is_file():
        load_prefix(model, checkpoint)
        return
    if not hasattr(model, "add_prefix"):
        raise ModelError(
            f"{checkpoint}: a prefix that peft trained, for which it moves the tokens of a {type(model).__name__}; "
            "train anew with --method p_tuning_v2"
        )
    table, rows = prefix_encoder(model).embedding.weight, peft_weights(checkpoint)["prompt_embeddings"]
    if table.shape != rows.shape:
        raise ModelError(f"{checkpoint}: a prefix of {tuple(rows.shape)}; the model takes {tuple(table.shape)}")
    table.data.copy_(rows)


def _adapt(model: Model, settings: PTuningV2, family: Family) -> Model:
    return add_prefix(model, settings, family)


P_TUNING_V2 = Method(
    name="p_tuning_v2",
    about="a trained prefix of keys and values in every layer, as the official scripts train it",
    settings=PTuningV2,
    learning_rate=2e-2,
    adapt=_adapt,
    save=save,
    restore=_restore,
    aliases=("p-tuning-v2", "ptuning_v2", "ptuning", "ptv2"),
)
