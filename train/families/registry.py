"""Every family, in plain sight; a new one is a file beside this and a line here."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.errors import OptionError
from train.families.baichuan2 import BAICHUAN2
from train.families.causal import CAUSAL
from train.families.chatglm import CHATGLM
from train.families.chatglm2 import CHATGLM2
from train.families.chatglm3 import CHATGLM3
from train.families.family import Family
from train.families.llama import LLAMA

FAMILIES: Mapping[str, Family] = {
    family.name: family for family in (CHATGLM, CHATGLM3, CHATGLM2, BAICHUAN2, LLAMA, CAUSAL)
}
"""The first that knows a configuration has it; the one for all others stands last."""


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
    """``place`` is the folder that the configuration came from; it need not be there any more."""
    for family in FAMILIES.values():
        if isinstance(config, dict) and (family.is_config(config) or family.is_folder(config, place)):
            return family
    found = config.get("model_type") if isinstance(config, dict) else config
    raise OptionError(
        f"{place}: model_type {found!r} is of no known family; choose one of: {', '.join(FAMILIES)}; "
        "prep models --how says what a new one takes"
    )


def released(name: str) -> tuple[Family, Mapping[str, Any]] | None:
    """Of a model by its name on the hubs: its family and the fields for ``skeleton``, known without its files."""
    for family in FAMILIES.values():
        for known, fields in family.released.items():
            if known.lower() == name.lower():
                return family, fields
    return None
