"""The run folder: what a training leaves behind, and what chat, generation and evaluation read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.errors import ModelError
from schemas.near import meant

RUN = "run.json"
"""Written last: where it stands, the run is complete."""
RECIPE = "recipe.yaml"
LOG = "log.jsonl"
"""One line a logged step: ``step``, ``epoch``, ``loss``, ``grad_norm``, ``learning_rate`` …"""
ADAPTER = "adapter"
CURVE = "loss.png"
MERGED = "merged"
FORMAT = 1
"""Grows when the meaning of a file in the folder changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished training."""

    path: Path
    model: str
    """The base, as the recipe names it."""
    method: str
    """Of the adapter: what ``train.methods`` reads it with."""
    dataset: str
    facts: Mapping[str, Any]

    @classmethod
    def open(cls, path: str | Path) -> "Run":
        """Open a run by its folder; raises ModelError if it is missing, unfinished or of a newer format."""
        folder = Path(path)
        facts = _read(folder)
        return cls(path=folder, model=facts["model"], method=facts["method"], dataset=facts["dataset"], facts=facts)

    @property
    def adapter(self) -> Path:
        return self.path / ADAPTER


def _read(folder: Path) -> dict[str, Any]:
    path = folder / RUN
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        what = "no run.json in it: its training did not finish" if folder.is_dir() else "no such run"
        hint = meant(folder, RUN, Path("runs")) or "train with prep train, or go on with --resume"
        raise ModelError(f"{folder}: {what}; {hint}") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ModelError(f"{path}: cannot be read: {error}; train anew with prep train --overwrite") from None
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        found = facts.get("format") if isinstance(facts, dict) else facts
        raise ModelError(f"{path}: format {found!r}, expected {FORMAT}; train anew with prep train --overwrite")
    return facts
