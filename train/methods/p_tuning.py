"""P-Tuning: an LSTM or an MLP makes embeddings that stand in front of every prompt, through peft.

Liu et al. 2021, https://arxiv.org/abs/2103.10385. (What ChatGLM-Efficient-Tuning calls ``p_tuning`` is ``p_tuning_v2``
here.) A checkpoint keeps the encoder, so that training goes on; when it is over the encoder has said all that it will
say, and its embeddings alone stay, as of ``prompt_tuning``.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from train.families.family import Family
from train.methods.method import Method, Model
from train.methods.prompt_tuning import PROMPT_TUNING, PromptTuning, with_prompt
from train.methods.settings import at_least, share
from train.methods.through_peft import NAME, peft_config, wrap
from train.methods.trained import restore_trained, save_trained

FILE = "prompt_encoder.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class PTuning:
    """The names are those of peft's ``PromptEncoderConfig``."""

    num_virtual_tokens: int = 20
    encoder_reparameterization_type: Literal["MLP", "LSTM"] = "MLP"
    encoder_hidden_size: int | None = None
    """That of the model without it."""
    encoder_num_layers: int = 2
    """Of the LSTM."""
    encoder_dropout: float = 0.0
    """In the LSTM."""

    def __post_init__(self) -> None:
        at_least(1, num_virtual_tokens=self.num_virtual_tokens, encoder_num_layers=self.encoder_num_layers)
        share(encoder_dropout=self.encoder_dropout)


def _adapt(model: Model, settings: PTuning, family: Family) -> Model:
    return wrap(model, peft_config("P_TUNING", asdict(settings)))


def _save(model: Model, folder: Path) -> None:
    save_trained(model, folder, name=FILE)


def _restore(model: Model, folder: Path) -> None:
    restore_trained(model, folder / FILE)


def _fold(model: Model, settings: PTuning) -> tuple[str, Mapping[str, Any], Model]:
    """The same model with the encoder's embeddings."""
    encoder = model.prompt_encoder[NAME].eval()
    with torch.no_grad():
        embeddings = encoder(torch.arange(settings.num_virtual_tokens, device=encoder.embedding.weight.device))
    plain = PromptTuning(num_virtual_tokens=settings.num_virtual_tokens)
    folded = with_prompt(model.get_base_model(), settings.num_virtual_tokens, embeddings)
    return PROMPT_TUNING.name, asdict(plain), folded


P_TUNING = Method(
    name="p_tuning",
    about="embeddings in front of the prompt that an MLP or an LSTM makes; prompt_tuning once trained",
    settings=PTuning,
    learning_rate=1e-3,
    adapt=_adapt,
    save=_save,
    restore=_restore,
    aliases=("p-tuning", "prompt_encoder"),
    fold=_fold,
    keeps_columns=False,
)
