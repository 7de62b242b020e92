"""How much of a model's training is divided among devices, in the stages of ZeRO."""

import json
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from schemas.errors import OptionError

_STAGES = (0, 1, 2, 3)


def stage_of(training: Mapping[str, Any]) -> int:
    """0: nothing is; 1: the optimiser's states; 2: gradients too; 3: weights too, as with FSDP2."""
    if training.get("fsdp"):
        return 3
    return config_stage(training["deepspeed"]) if training.get("deepspeed") else 0


def config_stage(said: Any) -> int:
    """Of a configuration of DeepSpeed: a mapping, a file of JSON, or that in base64, as launchers send it.

    Raises OptionError for anything else.
    """
    zero = _config(said).get("zero_optimization") or {}
    stage = zero.get("stage", 0) if isinstance(zero, Mapping) else zero
    if stage not in _STAGES:
        raise OptionError(f"deepspeed: zero_optimization has stage {stage!r}; expected one of 0, 1, 2, 3")
    return int(stage)


def _config(said: Any) -> Mapping[str, Any]:
    config = said if isinstance(said, Mapping) else _read(str(said))
    if not isinstance(config, Mapping):
        raise OptionError(f"deepspeed {said}: found {type(config).__name__}; expected an object of JSON")
    return config


def _read(said: str) -> Any:
    with suppress(ValueError):
        return json.loads(b64decode(said, altchars=b"-_", validate=True))
    try:
        return json.loads(Path(said).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OptionError(f"deepspeed {said}: no such file; expected a configuration of DeepSpeed, in JSON") from None
    except OSError as error:
        raise OptionError(f"deepspeed {said}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise OptionError(f"deepspeed {said}: not JSON ({error}); expected a configuration of DeepSpeed") from None
