"""What is special about a kind of model, as facts and functions; everything else is the same for all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from schemas.errors import OptionError
from schemas.statistics import SequenceLimits
from train.encoding import default, instruct
from train.encoding.examples import Encoded, Ids, Loss
from train.encoding.form import PLAIN, Form, Wording
from train.encoding.preprocessing import Preprocessing
from train.encoding.rules import FamilyCounter, FamilyRule
from train.families import structure
from train.prompts import Turns

Encoding = Literal["default", "official", "instruct"]
Tokenizer = Any
"""The family's own tokenizer class."""


def _by_config_alone(_: Mapping[str, Any], __: Path) -> bool:
    return False


def plain_text(tokenizer: Tokenizer, ids: Ids) -> str:
    return str(tokenizer.decode(ids))


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of model that can be tuned."""

    name: str
    about: str
    is_config: Callable[[Mapping[str, Any]], bool]
    """Whether a ``config.json`` is of this family."""
    is_folder: Callable[[Mapping[str, Any], Path], bool] = _by_config_alone
    """The same where the other files of a folder say it."""
    load: Callable[..., tuple[PreTrainedModel, PreTrainedTokenizerBase]]
    """Model and tokenizer of a folder; ``dtype`` and fields of the configuration as keywords."""
    load_tokenizer: Callable[[Path], PreTrainedTokenizerBase]
    skeleton: Callable[..., PreTrainedModel]
    """The model without its weights, on the meta device, of the fields of a configuration (``num_layers=2``)."""
    released: Mapping[str, Mapping[str, Any]]
    """Names on the hubs, and the fields of their configurations that are not the defaults of ``skeleton``."""
    empty: Callable[[Path, torch.dtype], PreTrainedModel] | None = None
    """The model of a folder on the meta device, where ``checkpoint.fill_parts`` knows how its weights come into it."""
    layout: Callable[[Tensor, Any], Mapping[str, Tensor]]
    """Of a batch padded on the right, with its model's configuration, what the forward pass would otherwise compute:
    the ``positions`` and whatever else the model takes, under names that peft hands through untouched."""
    blocks: Callable[[Any], nn.ModuleList]
    """The layers of a model, peft around it or not."""
    attention_module: str = ""
    """Its name inside a block, as the MLP's below; found from the model where there is none."""
    mlp_module: str = ""
    final_norm: str = ""
    """Its name inside the model: what stands between the last block and the vocabulary."""
    sampling: Mapping[str, Any]
    """How the official ``chat`` generates: keywords of ``generate``, ``max_length`` (of prompt and answer) included."""
    prompt: Callable[[str, Turns], str]
    """What the model is asked, as text."""
    tidy: Callable[[str], str]
    """The official clean-up of an answer."""
    form: Callable[[Tokenizer], Form]
    official: Preprocessing | None = None
    """The official preprocessing, where there is one."""
    target_modules: tuple[str, ...] = ()
    """Where LoRA goes by default; the projections of attention, as the model calls them, where nothing is said."""
    all_target_modules: tuple[str, ...] = ()
    """Every linear layer of a block; found likewise."""
    instruct_form: Callable[[Tokenizer], Form] | None = None
    """``--encoding instruct`` as a form; where there is none, that of the early trainer is taken exactly."""
    learns_the_opening: bool = False
    """Whether that trainer's labels begin one token before the answer."""
    packs: bool = False
    """Whether the model takes examples end to end in one row, and the columns of their labels."""
    text: Callable[[Tokenizer, Ids], str] = plain_text
    """An answer's ids as text."""

    def targets(self, model: Any) -> tuple[str, ...]:
        return self.target_modules or structure.attention_projections(model)

    def all_targets(self, model: Any) -> tuple[str, ...]:
        return self.all_target_modules or structure.all_projections(model)

    def sublayers(self, model: Any) -> tuple[str, str]:
        """Names of attention and MLP inside a block."""
        attention = self.attention_module or structure.attention_module(model)
        return attention, self.mlp_module or structure.mlp_module(model)

    def written(self, tokenizer: Tokenizer, encoding: Encoding) -> Form:
        """How prompts and answers are written down in an encoding."""
        if encoding == "instruct" and self.instruct_form is not None:
            return self.instruct_form(tokenizer)
        return self.form(tokenizer)

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
        if form := self._form(tokenizer, encoding):
            return default.encode(records, form, limits, loss=loss, wording=wording)
        if encoding == "instruct":
            if loss == "all":
                raise OptionError("--loss all: the instruct encoding learns the last answer only")
            return instruct.encode(records, tokenizer, limits, wording, learns_the_opening=self.learns_the_opening)
        rules = self._official(loss, wording)
        examples = rules.examples(
            records, tokenizer, limits, wording=wording, ignore_pad_token_for_loss=ignore_pad_token_for_loss
        )
        (losses,) = rules.losses(records, tokenizer, [limits], wording=wording)
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
        if form := self._form(tokenizer, encoding):
            return default.encode_prompts(records, form, limits, wording=wording)
        if encoding == "instruct":
            return instruct.encode_prompts(records, tokenizer, limits, wording)
        return self._official("last", wording).prompts(records, tokenizer, limits, wording=wording)

    def counter(self, tokenizer: Tokenizer) -> FamilyCounter:
        """Counts the tokens of texts, for the pipeline."""
        return FamilyCounter(_place(tokenizer), lambda texts: self.form(tokenizer).answers(texts))

    def rule(self, tokenizer: Tokenizer, encoding: Encoding = "default", wording: Wording = PLAIN) -> FamilyRule:
        """What this family's encoding cuts off, for ``prep stats``: what ``encode`` reports."""
        name = f"{self.name}'s {encoding} encoding, in tokens of {_place(tokenizer)}"
        if form := self._form(tokenizer, encoding):
            return FamilyRule(name, lambda rows, limits: default.truncation(rows, form, limits, wording=wording))
        if encoding == "instruct":
            return FamilyRule(name, lambda rows, limits: instruct.truncation(rows, tokenizer, limits, wording))
        rules = self._official("last", wording)
        return FamilyRule(name, lambda rows, limits: rules.losses(rows, tokenizer, limits, wording=wording))

    def _form(self, tokenizer: Tokenizer, encoding: Encoding) -> Form | None:
        """None for an encoding that is no matter of a form."""
        if encoding == "official" or (encoding == "instruct" and self.instruct_form is None):
            return None
        return self.written(tokenizer, encoding)

    def _official(self, loss: Loss, wording: Wording) -> Preprocessing:
        if self.official is None:
            raise OptionError(f"--encoding official: {self.name} has none; use --encoding default")
        if loss == "all" and not self.official.learns_every_answer:
            raise OptionError("--loss all: the official encoding learns the last answer only; use --encoding default")
        if wording.preset != "none":
            raise OptionError(
                f"--prompt-template {wording.preset}: the official encoding knows --source_prefix only; "
                "use --encoding default"
            )
        return self.official


def _place(tokenizer: Tokenizer) -> str:
    return str(tokenizer.name_or_path)
