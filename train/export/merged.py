"""A whole model with what was trained added in, in the base's layout and precision."""

from pathlib import Path

from train.export.form import NATIVE, Form, Tuned
from train.merge import require_merge
from train.methods.registry import METHODS


def write_whole(tuned: Tuned, folder: Path) -> None:
    """Model and tokenizer; raises OptionError for a method that adds to the base what no weight of it can hold."""
    method = METHODS[tuned.method]
    require_merge(method, tuned.found.base.quantization)
    answerer = tuned.found.load()
    whole = answerer.model if method.merge is None else method.merge(answerer.model)
    whole.save_pretrained(folder, max_shard_size="4GB")
    answerer.tokenizer.save_pretrained(folder)


def _write(tuned: Tuned, folder: Path) -> list[str]:
    write_whole(tuned, folder)
    native = ["import prep.models  # our own classes for its layout"] if tuned.family in NATIVE else []
    return [
        *native,
        f'AutoModelForCausalLM.from_pretrained("{tuned.target}")',
        f"prep chat --model {tuned.target}",
    ]


MERGED = Form(name="merged", about="a whole model in the base's layout", write=_write)
