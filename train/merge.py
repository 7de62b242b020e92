"""A tuned model written as a whole one, in the layout of the base, so that everything that reads bases reads it."""

import shutil
from pathlib import Path

from schemas.errors import OptionError
from train.families.family import Tokenizer
from train.methods.method import Method, Model
from train.methods.registry import METHODS
from train.models.quantised.choice import Quantization


def require_merge(method: Method, quantization: Quantization = "none") -> None:
    """Raise OptionError, before anything trains, where a method cannot give a whole model."""
    if quantization != "none":
        raise OptionError(
            f"--merge: the base is {quantization}, and nothing can be added into quantised weights; leave it out"
        )
    if method.merge is None:
        able = ", ".join(name for name, other in METHODS.items() if other.merge is not None)
        raise OptionError(
            f"--merge: {method.name} adds to the base and cannot be merged into it; methods that can: {able}"
        )


def write_merged(model: Model, method: Method, tokenizer: Tokenizer, folder: Path) -> None:
    """Add what was trained into the base, which is used up, and write it beside the target, then rename."""
    require_merge(method)
    whole = method.merge(model) if method.merge is not None else model
    beside = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    whole.save_pretrained(beside, max_shard_size="4GB")
    tokenizer.save_pretrained(beside)
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)
