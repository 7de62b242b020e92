"""What a tuning method is: its settings, what of a model it trains, and how that is saved and read back."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.families.family import Family

Model = Any
"""A model of transformers, or one that peft wraps."""
Settings = Any
"""A frozen dataclass of the method's own, a default for every value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A way of tuning. ``adapt``, ``save`` and ``restore`` are the law: a model that is saved, and restored into the
    same base adapted anew, gives the same logits."""

    name: str
    about: str
    settings: type[Any]
    """Names are those of the recipe: ``pre_seq_len``, ``lora_rank``. It raises OptionError for what cannot be."""
    learning_rate: float
    """Where the recipe names none."""
    adapt: Callable[[Model, Settings, Family], Model]
    """The model that trains: what the method trains requires gradients and is in float32, nothing else does."""
    save: Callable[[Model, Path], None]
    """Write what was trained, and nothing more, into a folder that exists."""
    restore: Callable[[Model, Path], None]
    """Read it into an adapted model; raises ModelError where the folder holds something else."""
    aliases: tuple[str, ...] = ()
    fold: Callable[[Model, Settings], tuple[str, Mapping[str, Any], Model]] | None = None
    """What stays when training is over, where that is simpler than what was trained: the name of the method that it is
    then, its settings, and a model that this method can ``save``."""
    merge: Callable[[Model], Model] | None = None
    """A whole model of the family's own class, with what was trained added in."""
    off: Callable[[Model], AbstractContextManager[Model]] | None = None
    """The base as it was before tuning, for as long as the context lasts and without a second copy; None where that
    cannot be (``full``), or where peft or the native prefix says how (``train/answer/untuned.py``)."""
    settle: Callable[[Model], Model] | None = None
    """Takes away what training alone needs (float32 over a half-precision base), so that a restored model answers."""
    adds_nothing: bool = False
    """Whether weights of the base train and nothing else, so that a base can be adapted before it is read."""
    keeps_columns: bool = True
    """Whether tokens stand where the batch has them; false where embeddings are put in front."""
    through_base: bool = True
    """Whether gradients pass through layers of the base: what training takes is estimated from it."""
    begin: Callable[[Model, int], None] | None = None
    """Hears the number of optimiser steps, before the first; raises OptionError where they are too few."""
    stepped: Callable[[Model, int], None] | None = None
    """Hears the number of optimiser steps done, after each and while its gradients still stand."""
