"""Batches of about equally many tokens for all processes."""

import random
from itertools import chain

import pytest
from torch.utils.data import BatchSampler, SequentialSampler

from train.distributed.dealing import DealtBatches

DRAWN = random.Random(7)
LENGTHS = [DRAWN.randint(10, 640) for _ in range(200)]


def _batches(processes: int, accumulation: int, size: int) -> tuple[list[list[int]], list[list[int]]]:
    plain = BatchSampler(SequentialSampler(LENGTHS), size, drop_last=False)
    return list(plain), list(DealtBatches(plain, LENGTHS, processes=processes, accumulation=accumulation))


@pytest.mark.parametrize(("processes", "accumulation", "size"), [(2, 1, 4), (2, 3, 4), (8, 2, 3), (3, 1, 1)])
def test_a_step_has_the_examples_that_it_would_have_had(processes: int, accumulation: int, size: int) -> None:
    plain, dealt = _batches(processes, accumulation, size)

    together = processes * accumulation
    assert [len(batch) for batch in dealt] == [len(batch) for batch in plain]
    for first in range(0, len(plain), together):
        before, after = (sorted(chain.from_iterable(batches[first : first + together])) for batches in (plain, dealt))
        assert after == before


def test_batches_that_run_at_once_carry_nearly_the_same_number_of_tokens() -> None:
    plain, dealt = _batches(2, 1, 8)

    assert _spread(plain[:24]) > 400
    assert _spread(dealt[:24]) < 100


def test_the_last_batches_that_make_no_whole_step_stay_as_they_are() -> None:
    plain, dealt = _batches(2, 3, 4)

    assert len(plain) % 6 == 2
    assert dealt[-2:] == plain[-2:]


def test_the_larger_batches_go_to_each_process_in_turn() -> None:
    _, dealt = _batches(2, 2, 4)

    for first in range(0, len(dealt) // 4 * 4, 4):
        totals = [sum(LENGTHS[each] for each in batch) for batch in dealt[first : first + 4]]
        assert totals[0] >= totals[1] >= totals[3] >= totals[2]


def test_dealing_again_gives_the_same_batches() -> None:
    _, first = _batches(4, 2, 4)
    _, second = _batches(4, 2, 4)

    assert first == second


def _spread(batches: list[list[int]]) -> float:
    """Mean difference between the two that run at once, in tokens."""
    totals = [sum(LENGTHS[each] for each in batch) for batch in batches]
    return sum(abs(a - b) for a, b in zip(totals[::2], totals[1::2], strict=True)) / (len(totals) / 2)
