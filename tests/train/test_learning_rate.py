"""The learning rate moved with the batch, or searched; the search leaves the model as it was."""

import copy
import math
from pathlib import Path

import pytest
import torch

from schemas.errors import TrainingError
from tests.train import small
from train.learning_rate import find_learning_rate, scaled, smooth, steepest


@pytest.mark.parametrize(
    ("batch", "how", "expected"),
    [
        (16, "linear", 2e-2),
        (16, "sqrt", 2e-2),
        (64, "none", 2e-2),
        (64, "linear", 8e-2),
        (64, "sqrt", 4e-2),
        (4, "linear", 5e-3),
        (4, "sqrt", 1e-2),
    ],
)
def test_the_learning_rate_moves_with_the_batch_from_sixteen(batch: int, how: str, expected: float) -> None:
    assert scaled(2e-2, batch, how) == pytest.approx(expected)  # type: ignore[arg-type]


def test_the_search_finds_a_rate_that_trains_and_leaves_the_weights(tmp_path: Path) -> None:
    model = small.model()
    before, steps = copy.deepcopy(model.state_dict()), list[int]()

    found = find_learning_rate(
        small.trainer(tmp_path, trained=model), steps=60, stepped=lambda step, _: steps.append(step)
    )

    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())
    assert steps == list(range(1, len(steps) + 1))
    assert len(found.rates) == len(found.losses) == len(found.smoothed) == len(steps)
    assert found.rates[0] == pytest.approx(1e-7)
    assert 1e-5 < found.suggestion < 0.5


def test_training_at_the_suggestion_is_better_than_far_below(tmp_path: Path) -> None:
    found = find_learning_rate(small.trainer(tmp_path), steps=60)

    trained = {}
    for rate in (found.suggestion, found.suggestion / 1000):
        trainer = small.trainer(tmp_path, learning_rate=rate, max_steps=20)
        trained[rate] = trainer.train().training_loss

    assert trained[found.suggestion] < trained[found.suggestion / 1000]


def test_the_search_ends_where_the_loss_grows(tmp_path: Path) -> None:
    found = find_learning_rate(small.trainer(tmp_path, max_grad_norm=0), highest=1e4, steps=60)

    assert found.diverged
    assert len(found.rates) < 60
    assert all(math.isfinite(loss) for loss in found.losses)


def test_accumulated_batches_make_one_step(tmp_path: Path) -> None:
    once = find_learning_rate(small.trainer(tmp_path, per_device_train_batch_size=8, seed=3), steps=12, lowest=1e-3)
    twice = find_learning_rate(
        small.trainer(tmp_path, per_device_train_batch_size=4, gradient_accumulation_steps=2, seed=3),
        steps=12,
        lowest=1e-3,
    )

    assert twice.losses == pytest.approx(once.losses, rel=1e-3)


def test_only_what_the_method_trains_moves(tmp_path: Path) -> None:
    model = small.model(pre_seq_len=4)
    model.requires_grad_(False)
    model.transformer.prefix_encoder.requires_grad_(True)

    found = find_learning_rate(small.trainer(tmp_path, trained=model), steps=40, lowest=1e-4, highest=10)

    assert found.suggestion > 1e-4


def test_where_no_rate_lowers_the_loss_that_is_said(tmp_path: Path) -> None:
    trainer = small.trainer(tmp_path)

    with pytest.raises(TrainingError, match=r"--find-lr: no learning rate from 1e-30 to 1e-28 lowers the loss"):
        find_learning_rate(trainer, lowest=1e-30, highest=1e-28, steps=3)


def test_the_steepest_fall_is_looked_for_before_the_lowest_loss() -> None:
    rates = [1e-4, 1e-3, 1e-2, 1e-1, 1.0]

    assert steepest(rates, [5.0, 4.9, 3.0, 2.9, 1e-9 + 4]) == pytest.approx(math.sqrt(1e-3 * 1e-2))


def test_smoothing_starts_at_the_first_loss() -> None:
    assert smooth([4.0, 4.0, 4.0]) == pytest.approx([4.0, 4.0, 4.0])
    assert smooth([4.0, 2.0])[1] == pytest.approx((0.9 * 4 + 2) / 1.9)
