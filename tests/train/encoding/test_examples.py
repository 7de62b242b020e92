"""Examples end to end in flat arrays, and batches of them."""

import pytest

from schemas.statistics import SequenceLimits, TruncationLosses
from train.encoding.collate import PadRight
from train.encoding.examples import HIDDEN, Encoded, Example, Examples

ROWS = [
    Example([1, 2, 3], [HIDDEN, 2, 3], 1),
    Example([], [], 0),
    Example([4], [4], 0),
    Example([5, 6], [HIDDEN, 6], 1),
]


def test_examples_come_back_as_they_went_in() -> None:
    examples = Examples.of(ROWS)

    assert [example["input_ids"].tolist() for example in examples] == [row.input_ids for row in ROWS]
    assert [example["labels"].tolist() for example in examples] == [row.labels for row in ROWS]
    assert examples.answer_starts.tolist() == [1, 0, 0, 1]
    assert examples.lengths.tolist() == [3, 0, 1, 2]


@pytest.mark.parametrize("row", [-1, 4])
def test_there_is_no_example_beyond_the_last(row: int) -> None:
    with pytest.raises(IndexError):
        Examples.of(ROWS)[row]


def test_no_examples_are_examples_too() -> None:
    examples = Examples.of([])

    assert len(examples) == 0
    assert examples.labels_seen().tolist() == []


def test_a_label_at_the_first_position_is_seen_by_nobody() -> None:
    assert Examples.of(ROWS).labels_seen().tolist() == [2, 0, 0, 1]


def test_examples_that_teach_nothing_are_counted() -> None:
    losses = TruncationLosses(
        limits=SequenceLimits(source=8, target=8),
        records=4,
        answers_cut=0,
        questions_cut=0,
        questions_gone=0,
        turns_cut=0,
        lost_turns=0,
    )

    assert Encoded(examples=Examples.of(ROWS), losses=losses).without_labels == 2


def test_a_batch_is_padded_on_the_right_and_its_padding_hidden() -> None:
    examples = Examples.of(ROWS)

    batch = PadRight(pad=9)([examples[0], examples[3]])

    assert batch["input_ids"].tolist() == [[1, 2, 3], [5, 6, 9]]
    assert batch["labels"].tolist() == [[HIDDEN, 2, 3], [HIDDEN, 6, HIDDEN]]


def test_a_batch_can_be_as_long_as_the_card_likes() -> None:
    examples = Examples.of(ROWS)

    batch = PadRight(pad=9, multiple_of=8)([examples[0]])

    assert batch["input_ids"].tolist() == [[1, 2, 3, 9, 9, 9, 9, 9]]
    assert batch["labels"].shape == (1, 8)


def test_parts_are_joined_end_to_end() -> None:
    joined = Examples.joined([Examples.of(ROWS[:2]), Examples.of([]), Examples.of(ROWS[2:])])

    assert [example["input_ids"].tolist() for example in joined] == [row.input_ids for row in ROWS]
    assert [example["labels"].tolist() for example in joined] == [row.labels for row in ROWS]
    assert joined.answer_starts.tolist() == [1, 0, 0, 1]
