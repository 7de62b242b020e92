"""Every key that a recipe may have, in one flat namespace: its own, the settings of methods, transformers' fields."""

import ast
import dataclasses
import inspect
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from itertools import pairwise
from typing import Any, get_type_hints

from transformers import TrainingArguments

from schemas.prompts import PROMPTS
from train.methods.registry import METHODS
from train.recipe.defaults import FOLLOWS, HOUSE
from train.recipe.recipe import Recipe
from train.recipe.values import choices_of

METHOD_SECTION = "method {}"
TRAINING = "training"
_SETTINGS = {
    "pre_seq_len": "Positions of the prefix.",
    "prefix_dropout": "In training, of the prefix.",
    "num_virtual_tokens": "Trained embeddings in front of the prompt.",
    "encoder_reparameterization_type": "What makes them.",
    "lora_rank": "Of the matrices that are added.",
    "lora_alpha": "What is added is multiplied by this over the rank.",
    "lora_dropout": "In training, of what goes through them.",
    "bottleneck_size": "Width of an adapter.",
    "non_linearity": "Between its two layers.",
    "fusion_size": "Width of the keys and values.",
    "lst_dropout": "In training, in the side network.",
    "num_layer_trainable": "So many layers at the end.",
}
"""What names do not need to explain to those who wrote the methods."""
_INTERNAL = "Not for recipes"
"""So begins the explanation of a setting that only the program gives."""
SECRET = ("hub_token",)
"""Never written to a file."""

_SECTIONS = {
    "dataset": "data",
    "model": "model",
    "method": "method",
    "encoding": "encoding",
    "out": "run",
}
"""The recipe's own keys: where a section begins, in the order of its fields."""
_NOT_KEYS = ("settings", "training")
_OURS = ("output_dir", "do_train", "do_eval", "do_predict", "resume_from_checkpoint")
"""Fields of TrainingArguments that the recipe has itself."""
_NOT_SETTABLE = ("local_rank", "parallelism_config")
"""Comes from the launcher; an object of accelerate, which reads it from its own configuration."""
_RENAMED = {"gradient_checkpointing": "activation_checkpointing"}
_RENAMED |= {f"{old}_kwargs": f"{new}_kwargs" for old, new in _RENAMED.items()}
"""By newer transformers, which keep the old name as an alias for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One name that a recipe, ``--set`` and a flag know."""

    name: str
    section: str
    hint: Any
    default: Any
    about: str
    choices: tuple[str, ...] = ()


@cache
def own_keys() -> Mapping[str, Key]:
    """The recipe's own."""
    hints, about = get_type_hints(Recipe), explanations(Recipe)
    choices = {"method": tuple(METHODS), "prompt_template": tuple(PROMPTS)}
    keys, section = {}, ""
    for name in (field.name for field in fields(Recipe) if field.name not in _NOT_KEYS):
        section = _SECTIONS.get(name, section)
        keys[name] = Key(
            name=name,
            section=section,
            hint=hints[name],
            default=getattr(Recipe(), name),
            about=about.get(name, ""),
            choices=choices.get(name) or choices_of(hints[name]),
        )
    return keys


@cache
def method_keys(method: str) -> Mapping[str, Key]:
    """A method's settings."""
    settings = METHODS[method].settings
    hints, about = get_type_hints(settings), explanations(settings)
    return {
        field.name: Key(
            name=field.name,
            section=METHOD_SECTION.format(method),
            hint=hints[field.name],
            default=_default(field),
            about=about.get(field.name) or _SETTINGS.get(field.name, ""),
            choices=choices_of(hints[field.name]),
        )
        for field in fields(settings)
        if not about.get(field.name, "").startswith(_INTERNAL)
    }


@cache
def training_keys() -> Mapping[str, Key]:
    """What the installed transformers' ``TrainingArguments`` take, with the defaults of the house."""
    hints = get_type_hints(TrainingArguments)
    every = {field.name: field for field in fields(TrainingArguments) if field.init}
    left_out = {*_OURS, *_NOT_SETTABLE, *(old for old, new in _RENAMED.items() if new in every)}
    return {name: _training_key(field, hints[name]) for name, field in every.items() if name not in left_out}


def library_defaults() -> Mapping[str, Any]:
    """Of ``TrainingArguments`` themselves."""
    return {field.name: _default(field) for field in fields(TrainingArguments) if field.init}


def current_name(name: str) -> str:
    """Of a field that newer transformers call otherwise: its name in the installed ones."""
    either = {**_RENAMED, **{new: old for old, new in _RENAMED.items()}}
    return either.get(name, name) if name not in training_keys() else name


def every_key() -> Iterable[Key]:
    """In the order in which a saved recipe has them; methods share some names."""
    yield from own_keys().values()
    for method in METHODS:
        yield from method_keys(method).values()
    yield from training_keys().values()


def explanations(kind: type[Any]) -> dict[str, str]:
    """The strings beneath the fields of a dataclass."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    statements = definition.body if isinstance(definition, ast.ClassDef) else []
    return {
        field.target.id: " ".join(below.value.value.replace("``", "`").split())
        for field, below in pairwise(statements)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


def _training_key(field: "dataclasses.Field[Any]", hint: Any) -> Key:
    default = HOUSE.get(field.name, _default(field))
    about = [*str(field.metadata.get("help", "")).replace("%%", "%").split(), FOLLOWS.get(field.name, "")]
    switch = bool | hint if field.metadata.get("const") is True else hint  # --fsdp alone, which is typed as text
    return Key(
        name=field.name,
        section=TRAINING,
        hint=switch,
        default=default,
        about=" ".join(filter(None, about)),
        choices=tuple(field.metadata.get("choices") or choices_of(hint)),
    )


def _default(field: "dataclasses.Field[Any]") -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default
