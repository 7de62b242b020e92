"""Models as one process tells another of them, who loads them on a device of its own."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from schemas.statistics import SequenceLimits
from train.answer.answerer import Asking
from train.answer.load import Found
from train.base import find_base
from train.encoding.form import Wording
from train.evaluation.models import Models
from train.precision import this_machine
from train.processes import Processes


def told(models: Models) -> dict[str, Any]:
    """Fit for JSON."""
    return {"base": _told(models.base), "tuned": None if models.tuned is None else _told(models.tuned)}


def as_told(facts: Mapping[str, Any]) -> Models:
    tuned = facts["tuned"]
    return Models(_found(facts["base"]), None if tuned is None else _found(tuned))


def asking_as_told(facts: Mapping[str, Any]) -> Asking:
    wording, limits = Wording(**facts["wording"]), SequenceLimits(**facts["limits"])
    return Asking(encoding=facts["encoding"], wording=wording, limits=limits)


def _told(found: Found) -> dict[str, Any]:
    return {
        "name": found.name,
        "model": found.base.name,
        "folder": str(found.base.folder),
        "quantization": found.base.quantization,
        "dtype": str(found.dtype).removeprefix("torch."),
        "use_cpu": found.device.type == "cpu",
        "asking": asdict(found.asking),
        "split_special_tokens": found.split_special_tokens,
        "adapter": None if found.adapter is None else str(found.adapter),
        "method": found.method,
    }


def _found(facts: Mapping[str, Any]) -> Found:
    base = find_base(facts["folder"], quantization=facts["quantization"])
    machine = this_machine(use_cpu=facts["use_cpu"], local_rank=Processes.here().local_rank)
    return Found(
        name=facts["name"],
        base=replace(base, name=facts["model"]),
        dtype=getattr(torch, facts["dtype"]),
        device=machine.device,
        asking=asking_as_told(facts["asking"]),
        split_special_tokens=facts["split_special_tokens"],
        adapter=None if facts["adapter"] is None else Path(facts["adapter"]),
        method=facts["method"],
    )
