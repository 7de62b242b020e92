"""The numbers of a trained prefix, read without its base."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from schemas.errors import OptionError
from train.export.form import Tuned
from train.models.checkpoint import PREFIX, checkpoint_files, read_weights

OFFICIAL = ("chatglm", "chatglm2")
"""Families whose official scripts train a prefix."""
PEFT = ("chatglm",)
"""Families to which peft gives the logits of that prefix: elsewhere its cache moves positions on by its length."""


def require_prefix(tuned: Tuned, form: str, families: Sequence[str]) -> None:
    """Raises OptionError for a run without a prefix, or of a family whose prefix means something else there."""
    if tuned.method != "p_tuning_v2":
        raise OptionError(
            f"--to {form}: {tuned.place} was tuned with {tuned.method}; expected p_tuning_v2 or prefix_tuning"
        )
    if tuned.family not in families:
        raise OptionError(
            f"--to {form}: {tuned.place} is a prefix of a {tuned.family} model, which would answer otherwise there; "
            f"expected a model of: {', '.join(families)}"
        )


def prefix_weights(adapter: Path) -> dict[str, Tensor]:
    """By their names in official checkpoints, without ``transformer.prefix_encoder.``."""
    found = {name: tensor for file in checkpoint_files(adapter) for name, tensor in read_weights(file).items()}
    return {name.removeprefix(PREFIX): tensor for name, tensor in found.items() if name.startswith(PREFIX)}


@torch.no_grad()
def plain_rows(weights: dict[str, Tensor]) -> Tensor:
    """What the MLP makes of the table, where there is one. Shape: (pre_seq_len, width)."""
    rows = weights["embedding.weight"].float()
    if "trans.0.weight" not in weights:
        return rows
    hidden = functional.linear(rows, weights["trans.0.weight"].float(), weights["trans.0.bias"].float()).tanh()
    return functional.linear(hidden, weights["trans.2.weight"].float(), weights["trans.2.bias"].float())
