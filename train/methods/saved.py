"""The folder of something trained: its weights as the method writes them, and ``method.json``: what they are.

Folders without that file are read too, where their weights tell: official P-Tuning checkpoints, and adapters of peft.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from schemas.errors import ModelError, OptionError
from train.families.family import Family
from train.families.registry import family_of_config
from train.methods.foreign import official_prefix, peft_adapter
from train.methods.method import Method, Model, Settings
from train.methods.registry import METHODS, settings_of
from train.methods.through_peft import CONFIG

FACTS = "method.json"
FORMAT = 1


def save_adapter(model: Model, method: Method, settings: Settings, folder: Path) -> None:
    """Write what was trained into a folder; ``method.json`` last."""
    folder.mkdir(parents=True, exist_ok=True)
    method.save(model, folder)
    facts = {"format": FORMAT, "method": method.name, "settings": asdict(settings), "base": base_facts(model, folder)}
    (folder / FACTS).write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def load_adapter(base: Model, folder: str | Path, family: Family) -> Model:
    """A base model, freshly loaded, with what a folder holds; ready to answer. ``base`` is changed in place.

    Training goes on from the same folder with ``adapt`` and ``restore`` of the method that ``adapter_of`` names.
    """
    place = Path(folder)
    method, settings = adapter_of(place)
    refuse_wrong_base(base, place)
    model = method.adapt(base, settings, family)
    method.restore(model, place)
    return (model if method.settle is None else method.settle(model)).eval()


def adapter_of(folder: str | Path) -> tuple[Method, Settings]:
    """What a folder (or the file of an official checkpoint) holds; raises ModelError where that cannot be told."""
    place = Path(folder)
    if (place / FACTS).is_file():
        facts = _facts(place)
        if (name := facts["method"]) not in METHODS:
            raise ModelError(f"{place}: trained with {name!r}, which this version of prep has not; upgrade prep")
        found, values = METHODS[name], facts["settings"]
    elif (place / CONFIG).is_file():
        name, values = peft_adapter(place)
        found = METHODS[name]
    elif place.exists():
        found, values = METHODS["p_tuning_v2"], official_prefix(place)
    else:
        raise ModelError(f"{place}: no such adapter; train one with prep train, or name the folder of another")
    try:
        return found, settings_of(found, values)
    except OptionError as error:
        raise ModelError(f"{place}: {error}; was it trained with another version of prep?") from None


def base_facts(model: Model, place: Path) -> Mapping[str, Any]:
    """What of a base an adapter depends on."""
    config = model.config
    return {
        "family": family_of_config(config.to_dict(), place).name,
        "layers": config.num_hidden_layers,
        "hidden_size": config.hidden_size,
        "vocabulary": config.vocab_size,
    }


def refuse_wrong_base(base: Model, folder: Path) -> None:
    """Raises ModelError where an adapter was trained on a model of another shape."""
    if not (folder / FACTS).is_file():
        return
    wanted, found = _facts(folder)["base"], base_facts(base, folder)
    if wanted != found:
        raise ModelError(
            f"{folder}: trained on {_words(wanted)}; this model is {_words(found)}; name its own with --model"
        )


def _words(facts: Mapping[str, Any]) -> str:
    return (
        f"{facts.get('family')} of {facts.get('layers')} layers x {facts.get('hidden_size')}, "
        f"vocabulary {facts.get('vocabulary')}"
    )


def _facts(folder: Path) -> Mapping[str, Any]:
    path = folder / FACTS
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ModelError(f"{path}: cannot be read: {error}; copy the whole folder again") from None
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        found = facts.get("format") if isinstance(facts, dict) else facts
        raise ModelError(f"{path}: format {found!r}, expected {FORMAT}; upgrade prep, or train anew")
    if lacking := [name for name in ("method", "settings", "base") if name not in facts]:
        raise ModelError(f"{path}: no {', '.join(lacking)} in it; copy the whole folder again")
    return facts
