"""Recipes that come with the program: one YAML file each, whose first comment says what it is for."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from schemas.errors import OptionError
from train.recipe.reading import read_layer

PRESETS: Mapping[str, Path] = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.yaml"))}


def preset_text(name: str) -> str:
    """The file as it is; raises OptionError for an unknown name."""
    if name not in PRESETS:
        raise OptionError(_unknown(name))
    return PRESETS[name].read_text(encoding="utf-8")


def about(name: str) -> str:
    """What a preset is for: its first line."""
    return preset_text(name).partition("\n")[0].removeprefix("#").strip()


def recipe_layer(name_or_file: str) -> tuple[str, dict[str, Any]]:
    """A preset or a file as a layer of a recipe; raises OptionError where it is neither, or wrong in form."""
    if name_or_file in PRESETS:
        return f"preset {name_or_file}", read_layer(PRESETS[name_or_file])
    path = Path(name_or_file)
    if path.is_dir():
        path = path / "recipe.yaml"  # a run
    if not path.suffix and not path.exists():
        raise OptionError(_unknown(name_or_file))
    return str(path), read_layer(path)


def _unknown(name: str) -> str:
    close = get_close_matches(name, PRESETS, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"no recipe {name!r}: no such file and no such preset; {hint}presets are {', '.join(PRESETS)}"
