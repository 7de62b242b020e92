"""The health guard stops what cannot become anything, each time with its diagnosis, and never a healthy training."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainerControl, TrainerState, TrainingArguments

from schemas.errors import TrainingError
from tests.train import small
from train.callbacks import guard as guarding
from train.callbacks.diagnosis import Diagnosis
from train.callbacks.guard import HealthGuard
from train.callbacks.overflow import bad_weights, first_out_of_range
from train.observer import Silent

NAN, INF = math.nan, math.inf
LOOP = "应当承担责任。" * 12
GOOD = "根据合同的约定，甲方应当在三十日内付款。"


class Notes(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, line: str) -> None:
        self.lines.append(line)


def guard(dtype: str = "float32", observer: Notes | None = None, answers: Any = None, **facts: Any) -> HealthGuard:
    diagnosis = Diagnosis(dtype=dtype, learning_rate=2e-2, **facts)
    return HealthGuard(diagnosis, observer=observer, answers=answers)


def feed(watch: HealthGuard, logs: Iterable[dict[str, float]], *, fp16: bool = False) -> int:
    """Logs, one each ten steps; the step at which training was over."""
    arguments = TrainingArguments(use_cpu=True, report_to=[])
    arguments.fp16 = fp16
    state = TrainerState()
    state.is_world_process_zero = True
    for facts in logs:
        state.global_step += 10
        watch.on_log(arguments, state, TrainerControl(), logs=dict(facts))
        if "eval_loss" in facts:
            watch.on_evaluate(arguments, state, TrainerControl(), model=torch.nn.Identity())
    return state.global_step


def losses(*values: float) -> list[dict[str, float]]:
    return [{"loss": value} for value in values]


def norms(*values: float) -> list[dict[str, float]]:
    return [{"loss": 2.0, "grad_norm": value} for value in values]


def evaluations(*values: float) -> list[dict[str, float]]:
    return [{"eval_loss": value} for value in values]


ILL = {
    "nan": (losses(3.1, NAN), "stopped at step 20: the loss is nan"),
    "infinite": (losses(INF), "stopped at step 10: the loss is inf"),
    "zero": (losses(3.1, 0.0, 0.0, 0.0), "stopped at step 40: the loss was exactly 0 in 3 logs in a row"),
    "gradient nan": (norms(1.0, NAN), "stopped at step 20: the gradient norm is nan"),
    "gradient vanished": (norms(1.0, 0.0, 0.0, 0.0), "stopped at step 40: the gradient norm was exactly 0 in 3 logs"),
    "gradient exploded": (norms(1, 2, 1, 3, 1, 5e4, 6e4, 7e4), "step 80: the gradient norm is 7e+04, 70,000 times"),
    "evaluation nan": (evaluations(NAN), "stopped at step 10: the loss of the evaluation is nan"),
}
HEALTHY = {
    "falling": losses(9.2, 5.0, 3.0, 2.9, 2.8),
    "a single zero": losses(0.0, 2.0, 0.0, 0.0, 1.0),
    "nearly nothing left": losses(1e-4, 1e-5, 1e-6, 1e-7),
    "an outlier of the gradient": norms(1, 1, 1, 1, 1, 9e4, 1, 9e4, 9e4, 1),
    "a large gradient at first": norms(9e4, 8e4, 7e4, 100, 3, 1, 0.5),
    "small gradients that grow": norms(1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 5, 5, 5),
    "one step without a gradient": norms(1, 0, 1, 0, 0, 1),
    "no gradient norm": losses(2.0, 2.0, 2.0, 2.0),
}


@pytest.mark.parametrize(("logs", "message"), ILL.values(), ids=ILL)
def test_an_ill_training_is_stopped_with_what_was_seen(logs: list[dict[str, float]], message: str) -> None:
    with pytest.raises(TrainingError) as stopped:
        feed(guard(), logs)

    assert message in str(stopped.value)
    assert "likely cause: " in str(stopped.value)
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize("logs", HEALTHY.values(), ids=HEALTHY)
def test_a_healthy_training_goes_on(logs: list[dict[str, float]]) -> None:
    assert feed(guard(), logs) == 10 * len(logs)


def test_loss_scaling_may_look_for_its_scale() -> None:
    searching = norms(*[INF] * (guarding.SCALED_IN_A_ROW - 1), 2.0)

    assert feed(guard("float32"), searching, fp16=True) == 150
    with pytest.raises(TrainingError, match="step 150: the gradient norm is inf"):
        feed(guard("float32"), norms(*[INF] * guarding.SCALED_IN_A_ROW), fp16=True)


@pytest.mark.parametrize(
    ("dtype", "facts", "cause"),
    [
        ("float16", {}, r"values beyond the range of float16 \(65,504\); .*--dtype bfloat16 or float32"),
        (
            "float16",
            {"prefix_projection": True},
            r"the MLP of prefix_projection most easily\); .*no --prefix_projection",
        ),
        ("bfloat16", {}, r"the learning rate 0\.02 is too high; try --learning_rate 0\.002 or --find-lr"),
    ],
)
def test_the_cause_and_the_cure_fit_the_training(dtype: str, facts: dict[str, Any], cause: str) -> None:
    with pytest.raises(TrainingError, match=cause):
        feed(guard(dtype, **facts), losses(NAN))


def answering(*checks: Sequence[str]) -> Any:
    given = iter(checks)
    return lambda _: next(given)


def test_answers_that_become_empty_stop_training() -> None:
    with pytest.raises(TrainingError, match=r"step 20: of 2 answers 2 are empty and 0 only repeat themselves, in 2 ev"):
        feed(guard(answers=answering(["", ""], ["", " "])), evaluations(3.0, 2.0))


def test_answers_that_were_good_and_repeat_themselves_now_stop_training() -> None:
    checks = answering([GOOD, LOOP], [LOOP, LOOP], [LOOP, ""])

    with pytest.raises(TrainingError, match=r"step 30: of 2 answers 1 are empty and 1 only repeat"):
        feed(guard(answers=checks), evaluations(3.0, 2.0, 1.0))


def test_a_model_that_does_not_speak_yet_is_given_time_while_its_loss_falls() -> None:
    notes = Notes()

    feed(guard(observer=notes, answers=answering(*[[LOOP, LOOP]] * 4)), evaluations(3.0, 2.0, 1.5, 1.4))

    assert len(notes.lines) == 4
    assert "step 10: of 2 answers 0 are empty and 2 only repeat themselves; training goes on" in notes.lines[0]


def test_a_model_that_neither_speaks_nor_learns_is_stopped() -> None:
    with pytest.raises(TrainingError, match="in 2 evaluations in a row"):
        feed(guard(answers=answering(*[[LOOP, LOOP]] * 2)), evaluations(3.0, 3.0))


def test_good_answers_between_bad_ones_let_training_go_on() -> None:
    checks = answering([LOOP], [GOOD], [LOOP], [GOOD], [""], [GOOD])

    assert feed(guard(answers=checks), evaluations(*[3.0] * 6)) == 60


def test_answers_are_asked_for_at_every_so_many_evaluations() -> None:
    asked: list[int] = []
    watch = HealthGuard(
        Diagnosis(dtype="float32", learning_rate=1e-3),
        answers=lambda _: [asked.append(1) or GOOD],
        every=3,  # type: ignore[func-returns-value]
    )

    feed(watch, evaluations(*[3.0] * 7))

    assert len(asked) == 3


def test_answers_come_from_the_model_in_evaluation_mode_which_trains_on_afterwards() -> None:
    model, modes = torch.nn.Identity().train(), []
    watch = HealthGuard(
        Diagnosis(dtype="float32", learning_rate=1e-3),
        answers=lambda asked: [str(modes.append(asked.training)) + GOOD],  # type: ignore[func-returns-value]
    )

    watch.on_evaluate(TrainingArguments(use_cpu=True, report_to=[]), TrainerState(), TrainerControl(), model=model)

    assert modes == [False]
    assert model.training


def test_a_tiny_training_is_healthy(tmp_path: Path) -> None:
    notes = Notes()
    watch = guard(observer=notes, answers=lambda _: [GOOD])

    small.trainer(
        tmp_path, callbacks=[watch], max_steps=40, learning_rate=1e-2, eval_strategy="steps", eval_steps=20
    ).train()

    assert notes.lines == []


def test_a_tiny_training_with_far_too_large_steps_is_stopped(tmp_path: Path) -> None:
    trainer = small.trainer(tmp_path, callbacks=[guard()], max_steps=40, learning_rate=1e30, max_grad_norm=0)

    with pytest.raises(
        TrainingError, match=r"is (nan|inf); likely cause: the learning rate 0\.02 is too high, and the"
    ):
        trainer.train()


def test_a_loss_that_is_no_number_is_not_logged_as_zero(tmp_path: Path) -> None:
    """transformers does that by default."""
    broken = small.model()
    with torch.no_grad():
        broken.lm_head.weight[7] = NAN
    trainer = small.trainer(tmp_path, callbacks=[guard()], trained=broken)

    with pytest.raises(TrainingError, match="step 1: the loss is nan"):
        trainer.train()


def test_a_model_without_anything_to_learn_is_stopped(tmp_path: Path) -> None:
    idle = small.model()
    idle.requires_grad_(False)
    idle.extra = torch.nn.Parameter(torch.zeros(1))
    idle.transformer.final_layernorm.register_forward_hook(lambda _, __, output: output + 0 * idle.extra)
    trainer = small.trainer(tmp_path, callbacks=[guard()], trained=idle)

    with pytest.raises(TrainingError, match=r"gradient norm was exactly 0 .* nothing that is trained reaches the loss"):
        trainer.train()


def test_a_half_precision_base_that_leaves_its_range_is_stopped_and_the_place_named(tmp_path: Path) -> None:
    base = small.model(pre_seq_len=4)
    with torch.no_grad():
        base.transformer.layers[1].mlp.dense_h_to_4h.weight.mul_(1e7)
    base.half()
    base.requires_grad_(False)
    base.transformer.prefix_encoder.float().requires_grad_(True)
    trainer = small.trainer(tmp_path, callbacks=[guard("float16")], trained=base, max_grad_norm=1.0)

    with pytest.raises(TrainingError) as stopped:
        trainer.train()

    assert "values beyond the range of float16 (65,504) in transformer.layers.1." in str(stopped.value)


def test_the_first_module_out_of_range_is_found_and_nothing_is_changed(tmp_path: Path) -> None:
    model = small.model()
    batch = next(iter(small.trainer(tmp_path, trained=model).get_train_dataloader()))
    given, trained = (
        model.transformer.layers[1].mlp.dense_4h_to_h.bias,
        model.transformer.layers[0].attention.dense.bias,
    )
    given.requires_grad_(False)
    with torch.no_grad():
        given[0], trained[0] = INF, NAN

    first = first_out_of_range(model, batch)

    assert first == "transformer.layers.1.mlp.dense_4h_to_h"
    assert trained[0].isnan()
    assert not any(module._forward_hooks for module in model.modules())


def test_broken_weights_are_those_that_train_and_are_no_numbers() -> None:
    model = small.model()
    with torch.no_grad():
        model.lm_head.weight[0, 0] = NAN
        model.transformer.final_layernorm.bias[0] = INF
    model.transformer.final_layernorm.bias.requires_grad_(False)

    assert bad_weights(model) == ["transformer.word_embeddings.weight"]
