"""What was encoded once is read the next time, and never for other records, options or tokenizers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.statistics import SequenceLimits, TruncationLosses
from train.encoding import kept
from train.encoding.collate import PadRight
from train.encoding.examples import Encoded, Example, Examples
from train.encoding.kept import encoded_once, key_of
from train.encoding.pack import Pack

LOSSES = TruncationLosses(
    limits=SequenceLimits(source=8, target=4),
    records=3,
    answers_cut=1,
    questions_cut=0,
    questions_gone=0,
    turns_cut=2,
    lost_turns=5,
)


def made() -> Encoded:
    rows = [Example([5, 6, 7], [-100, 6, 7], 1), Example([8], [8], 0), Example([9, 10], [-100, 10], 1)]
    return Encoded(examples=Examples.of(rows), losses=LOSSES, empty=2)


def never() -> Encoded:
    raise AssertionError("encoded again")


@pytest.fixture(autouse=True)
def _few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "WORTH", 3)


def test_what_was_encoded_is_read_back_whole(tmp_path: Path) -> None:
    first = encoded_once(tmp_path, "key", made, records=3)

    again = encoded_once(tmp_path, "key", never, records=3)

    assert (again.losses, again.empty) == (first.losses, first.empty)
    assert isinstance(again.examples.input_ids, np.memmap)
    for name in ("input_ids", "labels", "ends", "answer_starts"):
        assert np.array_equal(getattr(again.examples, name), getattr(first.examples, name))
    assert again.examples.labels_seen().tolist() == first.examples.labels_seen().tolist()


def test_what_is_mapped_into_memory_becomes_batches(tmp_path: Path) -> None:
    encoded_once(tmp_path, "key", made, records=3)
    examples = encoded_once(tmp_path, "key", never, records=3).examples

    padded = PadRight(pad=3)(list(examples))
    packed = Pack(pad=3, layout=lambda ids: {}, multiple_of=1)(list(examples))

    assert padded["input_ids"].tolist() == [[5, 6, 7], [8, 3, 3], [9, 10, 3]]
    assert packed["input_ids"].tolist() == [[5, 6, 7, 8, 9, 10]]


def test_few_records_are_not_kept(tmp_path: Path) -> None:
    encoded_once(tmp_path, "key", made, records=2)

    assert list(tmp_path.iterdir()) == []


def test_only_the_newest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "NEWEST", 2)

    for name in ("a", "b", "c"):
        encoded_once(tmp_path, name, made, records=3)

    assert len(list(tmp_path.iterdir())) == 2
    encoded_once(tmp_path, "c", never, records=3)


def test_a_disk_that_takes_nothing_does_not_stop_a_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)

    assert encoded_once(tmp_path, "key", made, records=3).empty == 2
    assert list(tmp_path.iterdir()) == []


def test_the_key_changes_with_options_and_with_the_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "ice_text.model").write_bytes(b"one")
    (tmp_path / "pytorch_model.bin.index.json").write_text("{}")
    first = key_of(tmp_path, {"records": "abc", "loss": "last"})

    (tmp_path / "pytorch_model.bin.index.json").write_text('{"a": 1}')
    assert key_of(tmp_path, {"loss": "last", "records": "abc"}) == first
    assert key_of(tmp_path, {"records": "abc", "loss": "all"}) != first
    (tmp_path / "ice_text.model").write_bytes(b"two")
    assert key_of(tmp_path, {"records": "abc", "loss": "last"}) != first
