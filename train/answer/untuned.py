"""The base beside the tuned model, without loading its gigabytes twice where what was tuned can be switched off."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from train.answer.answerer import Answerer
from train.answer.conversation import Opener
from train.methods.method import Model
from train.methods.registry import METHODS


def untuned(tuned: Answerer, second_copy: Callable[[], Answerer]) -> Opener:
    """How to open the base for a while, during which the tuned model must not be used.

    ``second_copy`` loads it where the method changed the base's own weights: once, and at once.
    """
    off = _off(tuned)
    if off is None:
        copy = second_copy()
        return lambda: nullcontext(copy)

    @contextmanager
    def opened() -> Iterator[Answerer]:
        with off(tuned.model) as model:
            yield replace(tuned, model=model, method=None)

    return opened


def _off(tuned: Answerer) -> Callable[[Model], AbstractContextManager[Model]] | None:
    method = METHODS.get(tuned.method or "")
    if method is None:
        return nullcontext
    if method.off is not None:
        return method.off
    if hasattr(tuned.model, "peft_config"):
        return _without_peft
    if getattr(tuned.model.config, "pre_seq_len", None):
        return _without_prefix
    return None


@contextmanager
def _without_peft(model: Any) -> Iterator[Model]:
    """peft keeps a base whole under the prompts that it learns; it switches off what it put into layers."""
    if model.active_peft_config.is_prompt_learning:
        yield model.get_base_model()
        return
    with model.disable_adapter():
        yield model


@contextmanager
def _without_prefix(model: Any) -> Iterator[Model]:
    length, model.config.pre_seq_len = model.config.pre_seq_len, None
    try:
        yield model
    finally:
        model.config.pre_seq_len = length
