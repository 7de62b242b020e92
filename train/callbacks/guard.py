"""Stops a training that cannot become anything, and says why: what was seen, the likely cause, what to do.

It looks at what the Trainer logs anyway, and at a few answers after an evaluation; only when something is wrong does it
look into the model.
"""

import math
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from schemas.errors import TrainingError
from train.callbacks.answers import Ills, ills
from train.callbacks.diagnosis import Diagnosis
from train.observer import Observer, Silent

IN_A_ROW = 3
"""Logs that show a loss of 0, no gradient or an exploded one before training stops: a single one may be chance."""
SCALED_IN_A_ROW = 15
"""Logs without a finite gradient under ``--fp16``, whose loss scaling has to find its scale first."""
EXPLODED = 1000.0
"""A gradient norm has exploded at so many times the median of those before it …"""
LARGE = 100.0
"""… if it is above this …"""
ENOUGH = 5
"""… and there were so many before it."""
USELESS_IN_A_ROW = 2
"""Evaluations with nothing but empty or repeating answers before training stops."""

Answers = Callable[[Any], Sequence[str]]
"""A model's greedy answers to a few prompts, at most about 64 tokens each; it gets the model in evaluation mode."""


class HealthGuard(TrainerCallback):
    """Raises TrainingError, in every process alike: the losses and norms that it sees are of all of them."""

    def __init__(
        self, diagnosis: Diagnosis, *, answers: Answers | None = None, every: int = 1, observer: Observer | None = None
    ) -> None:
        """``answers`` are asked for at every so many evaluations; the observer hears of those that are useless but may
        become better."""
        self._diagnosis = diagnosis
        self._answers = answers
        self._every = every
        self._observer = observer or Silent()
        self._zeros = self._vanished = self._infinite = self._exploded = self._evaluations = 0
        self._norms: list[float] = []
        self._ills: list[Ills] = []
        self._eval_losses: list[float] = []

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        args.logging_nan_inf_filter = False  # it would write down a loss that is no number as 0

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        facts = logs or {}
        diagnosis = self._diagnosis.at(state.global_step, kwargs.get("model"), kwargs.get("train_dataloader"))
        if (loss := facts.get("loss")) is not None:
            self._check_loss(loss, diagnosis)
        if (norm := facts.get("grad_norm")) is not None:
            self._check_norm(float(norm), diagnosis, patience=SCALED_IN_A_ROW if args.fp16 else 1)
        if (evaluated := facts.get("eval_loss")) is not None:
            self._eval_losses.append(evaluated)
            if not math.isfinite(evaluated):
                raise TrainingError(diagnosis.no_number("the loss of the evaluation", evaluated))

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model: Any = None, **kwargs: Any
    ) -> None:
        self._evaluations += 1
        if self._answers is None or (self._evaluations - 1) % self._every:
            return
        was_training = model.training
        model.eval()
        self._ills.append(ills(self._answers(model)))
        model.train(was_training)
        self._check_answers(self._diagnosis.at(state.global_step), is_first=state.is_world_process_zero)

    def _check_loss(self, loss: float, diagnosis: Diagnosis) -> None:
        if not math.isfinite(loss):
            raise TrainingError(diagnosis.no_number("the loss", loss))
        self._zeros = self._zeros + 1 if loss == 0 else 0
        if self._zeros == IN_A_ROW:
            raise TrainingError(diagnosis.zero_loss(IN_A_ROW))

    def _check_norm(self, norm: float, diagnosis: Diagnosis, patience: int) -> None:
        self._infinite = 0 if math.isfinite(norm) else self._infinite + 1
        self._vanished = self._vanished + 1 if norm == 0 else 0
        if self._infinite == patience:
            raise TrainingError(diagnosis.no_number("the gradient norm", norm))
        if self._vanished == IN_A_ROW:
            raise TrainingError(diagnosis.vanished(IN_A_ROW))
        if not math.isfinite(norm):
            return
        usual = median(self._norms) if len(self._norms) >= ENOUGH else math.inf
        if norm <= max(EXPLODED * usual, LARGE):
            self._norms.append(norm)
            self._exploded = 0
            return
        self._exploded += 1
        if self._exploded == IN_A_ROW:
            raise TrainingError(diagnosis.exploded(norm, usual))

    def _check_answers(self, diagnosis: Diagnosis, *, is_first: bool) -> None:
        """Useless answers stop training once they were good before, are all empty, or come with a loss that does not
        fall: a model that has not learnt much yet repeats itself too."""
        row = 0
        while row < len(self._ills) and self._ills[-1 - row].all_useless:
            row += 1
        if not row:
            return
        recent = self._eval_losses[-row * self._every :]
        falls = len(recent) > 1 and recent[-1] < recent[0]
        hopeless = row < len(self._ills) or self._ills[-1].all_empty or not falls
        if row >= USELESS_IN_A_ROW and hopeless:
            raise TrainingError(diagnosis.useless(self._ills[-1], row))
        if is_first:
            self._observer.note(diagnosis.seen_useless(self._ills[-1]))
