"""How much of a model's training is divided among devices, in the stages of ZeRO."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def stage_of(training: Mapping[str, Any]) -> int:
    """0: nothing is; 1: the optimiser's states; 2: gradients too; 3: weights too, as with FSDP2."""
    if training.get("fsdp"):
        return 3
    said: Any = training.get("deepspeed")
    if isinstance(said, str) and Path(said).is_file():
        said = json.loads(Path(said).read_text(encoding="utf-8"))
    zero = said.get("zero_optimization") if isinstance(said, Mapping) else None
    return int(zero.get("stage", 0)) if isinstance(zero, Mapping) else 0
