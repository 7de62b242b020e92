"""What the health guard says, one line each: what was seen at which step, the likely cause, what to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from train.callbacks.answers import Ills
from train.callbacks.overflow import bad_weights, first_out_of_range

_FLOAT16_LARGEST = 65_504


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What a diagnosis knows of the training."""

    dtype: str
    """Of the base; in ``float16`` its narrow range is the likely cause."""
    learning_rate: float
    prefix_projection: bool = False
    """The prefix goes through an MLP, which leaves the range of float16 first."""
    step: int = 0
    model: Any = None
    batches: Iterable[Mapping[str, Tensor]] | None = None

    def at(self, step: int, model: Any = None, batches: Any = None) -> "Diagnosis":
        return replace(self, step=step, model=model, batches=batches)

    def no_number(self, what: str, value: float) -> str:
        return self._said(f"{what} is {value}", self._why_no_number(), self._smaller_steps())

    def zero_loss(self, row: int) -> str:
        return self._said(
            f"the loss was exactly 0 in {row} logs in a row",
            "no label is left to learn, the answers are known by heart"
            + (f", or float16 ({_FLOAT16_LARGEST:,} at most) has lost the logits" if self._is_half else ""),
            "look at the whole example above (labels), raise --max_target_length, "
            + ("use --dtype bfloat16 or float32" if self._is_half else "or train for fewer steps"),
        )

    def vanished(self, row: int) -> str:
        return self._said(
            f"the gradient norm was exactly 0 in {row} logs in a row",
            "the gradients are too small for float16" if self._is_half else "nothing that is trained reaches the loss",
            "use --dtype bfloat16 or float32" if self._is_half else "look at the labels of the whole example above",
        )

    def exploded(self, norm: float, usual: float) -> str:
        return self._said(
            f"the gradient norm is {norm:.3g}, {norm / usual:,.0f} times its median",
            f"the learning rate {self.learning_rate:g} is too high",
            self._smaller_steps(),
        )

    def useless(self, found: Ills, row: int) -> str:
        return self._said(
            f"{_counted(found)}, in {row} evaluations in a row",
            f"the learning rate {self.learning_rate:g} is too high or training too long: the model forgets to speak",
            f"{self._smaller_steps()}; fewer steps, or mixed with general dialogues",
        )

    def seen_useless(self, found: Ills) -> str:
        return f"step {self.step}: {_counted(found)}; training goes on, since that may become better"

    @property
    def _is_half(self) -> bool:
        return self.dtype == "float16"

    def _said(self, seen: str, cause: str, advice: str) -> str:
        return f"stopped at step {self.step}: {seen}; likely cause: {cause}; {advice}"

    def _why_no_number(self) -> str:
        broken = bad_weights(self.model) if self.model is not None else []
        if not self._is_half:
            return f"the learning rate {self.learning_rate:g} is too high{_weights(broken)}"
        place = self._place()
        where = f" in {place}" if place else _weights(broken)
        first = " (the MLP of prefix_projection most easily)" if self.prefix_projection else ""
        return f"values beyond the range of float16 ({_FLOAT16_LARGEST:,}){where}{first}"

    def _place(self) -> str | None:
        batch = next(iter(self.batches), None) if self.batches is not None and self.model is not None else None
        return first_out_of_range(self.model, batch) if batch is not None else None

    def _smaller_steps(self) -> str:
        advice = f"try --learning_rate {self.learning_rate / 10:g}"
        if self._is_half:
            advice += ", --dtype bfloat16 or float32"
        return advice + (" or no --prefix_projection" if self.prefix_projection else " or --find-lr")


def _weights(broken: list[str]) -> str:
    return f", and the trained weights are broken already ({len(broken)} tensors)" if broken else ""


def _counted(found: Ills) -> str:
    return f"of {found.answers} answers {found.empty} are empty and {found.repeating} only repeat themselves"
