"""The whole recipe as one file that makes it again: every key with its value, in sections."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from train.recipe.build import build_recipe
from train.recipe.keys import SECRET, library_defaults, method_keys, own_keys, training_keys
from train.recipe.presets import recipe_layer
from train.recipe.reading import read_layer
from train.recipe.recipe import Recipe

_HEAD = "# Every key of this training with its value; prep train --recipe FILE does it again.\n"


def save_recipe(recipe: Recipe, path: Path) -> None:
    """Write beside ``path``, then rename. What is secret is left out."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(recipe_text(recipe), encoding="utf-8")
    beside.replace(path)


def load_recipe(path: str | Path) -> Recipe:
    """A recipe by its file, or a preset by its name; raises OptionError with every mistake in it."""
    if isinstance(path, Path):
        return build_recipe([(str(path), read_layer(path))])[0]
    return build_recipe([recipe_layer(path)])[0]


def recipe_text(recipe: Recipe) -> str:
    """What ``save_recipe`` writes."""
    own = {name: getattr(recipe, name) for name in own_keys()}
    sections = list(dict.fromkeys(key.section for key in own_keys().values()))
    parts = [_HEAD]
    for section in sections:
        named = {name: own[name] for name, key in own_keys().items() if key.section == section}
        parts.append(_section(section, named))
        if section == "method":
            settings = {name: recipe.settings[name] for name in method_keys(recipe.method) if name in recipe.settings}
            parts.append(_section(f"settings of {recipe.method}", settings))
    parts.append(_section("training: fields of transformers' TrainingArguments", _training(recipe)))
    return "\n".join(parts)


def _training(recipe: Recipe) -> dict[str, Any]:
    defaults = library_defaults()
    values = {name: recipe.training.get(name, defaults[name]) for name in training_keys()}
    return {name: None if name in SECRET else value for name, value in values.items()}


def _section(title: str, values: Mapping[str, Any]) -> str:
    return "".join([f"# {title}\n", *_lines(values)])


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        plain = list(value) if isinstance(value, tuple) else value
        yield yaml.safe_dump({name: plain}, allow_unicode=True, sort_keys=False, width=1 << 16)
