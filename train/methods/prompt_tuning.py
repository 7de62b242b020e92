"""Prompt tuning: trained embeddings in front of every prompt, through peft.

Lester et al. 2021, https://arxiv.org/abs/2104.08691.
"""

from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import torch
from torch import Tensor

from schemas.errors import OptionError
from train.families.family import Family
from train.methods.method import Method, Model
from train.methods.settings import at_least
from train.methods.through_peft import NAME, peft_config, restore_peft, save_peft, wrap


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptTuning:
    num_virtual_tokens: int = 20
    prompt_tuning_init_text: str = ""
    """The embeddings start as those of this text, repeated or cut to length; at random without it."""

    def __post_init__(self) -> None:
        at_least(1, num_virtual_tokens=self.num_virtual_tokens)


def _adapt(model: Model, settings: PromptTuning, family: Family) -> Model:
    counted_only = model.device.type == "meta"
    embeddings = None if counted_only or not settings.prompt_tuning_init_text else _of_text(model, settings, family)
    return with_prompt(model, settings.num_virtual_tokens, embeddings)


def with_prompt(model: Model, count: int, embeddings: Tensor | None) -> Model:
    """Peft's model with a prompt that starts as ``embeddings`` (count, hidden size), or at random."""
    tuned = wrap(model, peft_config("PROMPT_TUNING", {"num_virtual_tokens": count}))
    if embeddings is not None:
        tuned.prompt_encoder[NAME].embedding.weight.data.copy_(embeddings)
    return tuned


@torch.no_grad()
def _of_text(model: Model, settings: PromptTuning, family: Family) -> Tensor:
    tokenizer = family.load_tokenizer(Path(model.name_or_path))
    (ids,) = family.form(tokenizer).answers([settings.prompt_tuning_init_text])
    if not ids:
        raise OptionError(f"prompt_tuning_init_text: no tokens in {settings.prompt_tuning_init_text!r}")
    fitting = torch.tensor(list(islice(cycle(ids), settings.num_virtual_tokens)), device=model.device)
    embeddings: Tensor = model.get_input_embeddings()(fitting)
    return embeddings


PROMPT_TUNING = Method(
    name="prompt_tuning",
    about="trained embeddings in front of the prompt",
    settings=PromptTuning,
    learning_rate=3e-2,
    adapt=_adapt,
    save=save_peft,
    restore=restore_peft,
    aliases=("prompt",),
    keeps_columns=False,
)
