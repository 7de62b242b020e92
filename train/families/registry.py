"""Every family, in plain sight; a new one is a file beside this and a line here."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.errors import OptionError
from train.families.chatglm import CHATGLM
from train.families.chatglm2 import CHATGLM2
from train.families.family import Family

FAMILIES: Mapping[str, Family] = {family.name: family for family in (CHATGLM, CHATGLM2)}


def family_of(folder: Path) -> Family:
    """The family of a model folder, by its ``config.json``; raises OptionError where there is none."""
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        what = "no config.json in it" if folder.is_dir() else "no such folder"
        raise OptionError(f"{folder}: {what}; name the folder of a model") from None
    except (ValueError, OSError) as error:
        raise OptionError(f"{path}: cannot be read: {error}; expected the configuration of a model") from None
    return family_of_config(config, folder)


def family_of_config(config: Any, place: Path) -> Family:
    for family in FAMILIES.values():
        if isinstance(config, dict) and family.is_config(config):
            return family
    found = config.get("model_type") if isinstance(config, dict) else config
    raise OptionError(f"{place}: model_type {found!r} is of no known family; choose one of: {', '.join(FAMILIES)}")


def released(name: str) -> tuple[Family, Mapping[str, Any]] | None:
    """Of a model by its name on the hubs: its family and the fields for ``skeleton``, known without its files."""
    for family in FAMILIES.values():
        for known, fields in family.released.items():
            if known.lower() == name.lower():
                return family, fields
    return None
