"""What is special about a kind of model, as facts and functions; everything else is the same for all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from schemas.errors import OptionError
from schemas.statistics import SequenceLimits, TruncationLosses
from train.encoding import default, official, official_losses
from train.encoding.examples import Encoded, Ids, Loss
from train.encoding.form import PLAIN, Form, Wording
from train.encoding.official import Official
from train.encoding.rules import FamilyCounter, FamilyRule
from train.prompts import Turns

Encoding = Literal["default", "official"]
Tokenizer = Any
"""The family's own tokenizer class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of model that can be tuned."""

    name: str
    about: str
    is_config: Callable[[Mapping[str, Any]], bool]
    """Whether a ``config.json`` is of this family."""
    load: Callable[..., tuple[PreTrainedModel, PreTrainedTokenizerBase]]
    """Model and tokenizer of a folder; ``dtype`` and fields of the configuration as keywords."""
    load_tokenizer: Callable[[Path], PreTrainedTokenizerBase]
    skeleton: Callable[..., PreTrainedModel]
    """The model without its weights, on the meta device, of the fields of a configuration (``num_layers=2``)."""
    released: Mapping[str, Mapping[str, Any]]
    """Names on the hubs, and the fields of their configurations that are not the defaults of ``skeleton``."""
    layout: Callable[[Tensor, Any], Mapping[str, Tensor]]
    """Of a batch padded on the right, with its model's configuration, what the forward pass would otherwise compute:
    the ``positions`` and whatever else the model takes, under names that peft hands through untouched."""
    blocks: Callable[[Any], nn.ModuleList]
    """The layers of a model, peft around it or not."""
    attention_module: str
    """Its name inside a block; so are those below."""
    mlp_module: str
    final_norm: str
    """Its name inside the model: what stands between the last block and the vocabulary."""
    sampling: Mapping[str, Any]
    """How the official ``chat`` generates: keywords of ``generate``, ``max_length`` (of prompt and answer) included."""
    prompt: Callable[[str, Turns], str]
    """What the model is asked, as text."""
    tidy: Callable[[str], str]
    """The official clean-up of an answer."""
    form: Callable[[Tokenizer], Form]
    official: Official | None = None
    """The official preprocessing, where there is one."""
    target_modules: tuple[str, ...]
    """Where LoRA goes by default."""
    all_target_modules: tuple[str, ...]
    """Every linear layer of a block."""

    def encode(
        self,
        records: pl.DataFrame,
        tokenizer: Tokenizer,
        limits: SequenceLimits,
        *,
        encoding: Encoding = "default",
        loss: Loss = "last",
        wording: Wording = PLAIN,
        ignore_pad_token_for_loss: bool = True,
    ) -> Encoded:
        """Training examples, where each answer starts, and what the limits cut off."""
        if encoding == "default":
            return default.encode(records, self.form(tokenizer), limits, loss=loss, wording=wording)
        rules = self._official(loss, wording)
        examples = official.encode(
            records,
            tokenizer,
            rules,
            limits,
            source_prefix=wording.prefix,
            ignore_pad_token_for_loss=ignore_pad_token_for_loss,
        )
        (losses,) = official_losses.truncation(records, tokenizer, rules, [limits], source_prefix=wording.prefix)
        return Encoded(examples=examples, losses=losses, empty=records.height - len(examples))

    def encode_prompts(
        self,
        records: pl.DataFrame,
        tokenizer: Tokenizer,
        limits: SequenceLimits,
        *,
        encoding: Encoding = "default",
        wording: Wording = PLAIN,
    ) -> list[Ids]:
        """What the model is asked in evaluation, one entry a record; every record must have a prompt."""
        if encoding == "default":
            return default.encode_prompts(records, self.form(tokenizer), limits, wording=wording)
        return official.evaluated_ids(
            records, tokenizer, self._official("last", wording), limits, source_prefix=wording.prefix
        )

    def counter(self, tokenizer: Tokenizer) -> FamilyCounter:
        """Counts the tokens of texts, for the pipeline."""
        return FamilyCounter(_place(tokenizer), lambda texts: self.form(tokenizer).answers(texts))

    def rule(self, tokenizer: Tokenizer, encoding: Encoding = "default", wording: Wording = PLAIN) -> FamilyRule:
        """What this family's encoding cuts off, for ``prep stats``: what ``encode`` reports."""
        name = f"{self.name}'s {encoding} encoding, in tokens of {_place(tokenizer)}"
        if encoding == "default":
            return FamilyRule(name, lambda rows, limits: self._cut(rows, tokenizer, limits, wording))
        rules = self._official("last", wording)
        return FamilyRule(
            name,
            lambda rows, limits: official_losses.truncation(
                rows, tokenizer, rules, limits, source_prefix=wording.prefix
            ),
        )

    def _cut(
        self, records: pl.DataFrame, tokenizer: Tokenizer, limits: Sequence[SequenceLimits], wording: Wording
    ) -> list[TruncationLosses]:
        return default.truncation(records, self.form(tokenizer), limits, wording=wording)

    def _official(self, loss: Loss, wording: Wording) -> Official:
        if self.official is None:
            raise OptionError(f"--encoding official: {self.name} has none; use --encoding default")
        if loss == "all":
            raise OptionError("--loss all: the official encoding learns the last answer only; use --encoding default")
        if wording.preset != "none":
            raise OptionError(
                f"--prompt-template {wording.preset}: the official encoding knows --source_prefix only; "
                "use --encoding default"
            )
        return self.official


def _place(tokenizer: Tokenizer) -> str:
    return str(tokenizer.name_or_path)
