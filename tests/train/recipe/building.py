"""Recipes from flags, as tests write them."""

import shlex
from collections.abc import Mapping
from typing import Any

import pytest

from schemas.errors import OptionError
from train.recipe.build import build_recipe
from train.recipe.flags import parse_flags
from train.recipe.recipe import Recipe

WHERE = "command line"
NEEDED: Mapping[str, Mapping[str, Any]] = {"adapter_fusion": {"adapters": ("runs/a", "runs/b")}}
"""Settings without a default that would do."""


def built(flags: str = "", **keys: Any) -> Recipe:
    return build_recipe([("python", keys), (WHERE, parse_flags(shlex.split(flags)))])[0]


def notes(flags: str, **keys: Any) -> list[str]:
    return build_recipe([("python", keys), (WHERE, parse_flags(shlex.split(flags)))])[1]


def mistakes(flags: str = "", **keys: Any) -> list[str]:
    """The lines of the refusal, without its heading."""
    with pytest.raises(OptionError) as raised:
        built(flags, **keys)
    lines = str(raised.value).splitlines()
    return [line.strip() for line in lines[len(lines) > 1 :]]
