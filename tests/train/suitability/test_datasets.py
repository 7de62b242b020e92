"""Which datasets are rows, and which are columns."""

from pathlib import Path

import pytest

from schemas.errors import DatasetError, OptionError
from tests.train.evaluation.datasets import dataset
from tests.train.suitability.conftest import mixed
from train.suitability.datasets import chosen_datasets, columns_of, mixed_of


def names(data: Path, *chosen: str | Path) -> list[str]:
    return [each.name for each in chosen_datasets(chosen or None, data, lambda _: None)]


def test_all_datasets_are_taken_mixtures_last(data: Path) -> None:
    assert names(data) == ["legal", "paper", "patent", "legal-mixed"]


def test_named_ones_keep_their_order(data: Path) -> None:
    assert names(data, "patent", data / "legal") == ["patent", "legal"]


def test_mixtures_are_tested_on_what_they_were_mixed_of(data: Path) -> None:
    found = chosen_datasets(None, data, lambda _: None)

    assert [each.name for each in columns_of(found)] == ["legal", "paper", "patent"]
    assert mixed_of(found[-1]) == ["legal", "paper"]
    assert [each.name for each in columns_of(found[-1:])] == ["legal-mixed"]


def test_what_cannot_be_tested_on_is_left_out_and_said(tmp_path: Path) -> None:
    dataset(tmp_path / "legal", "legal")
    dataset(tmp_path / "paper", "paper", test=1)
    mixed(tmp_path / "empty", "legal")
    dataset(tmp_path / "empty", "legal", train=0)
    said: list[str] = []

    found = chosen_datasets(None, tmp_path, said.append)

    assert [each.name for each in found] == ["legal"]
    assert said == [
        f"{tmp_path / 'empty'}: no records in train; it is left out",
        f"{tmp_path / 'paper'}: 1 records in test, expected 2 at least; it is left out",
    ]


def test_a_named_one_that_cannot_be_tested_on_is_refused(tmp_path: Path) -> None:
    dataset(tmp_path / "paper", "paper", test=0)

    with pytest.raises(DatasetError, match="0 records in test, expected 2 at least; convert it with"):
        names(tmp_path, "paper")


def test_no_dataset_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no dataset with train and test records in it; make some with prep convert"):
        names(tmp_path)


def test_two_of_one_name_are_refused(data: Path, tmp_path: Path) -> None:
    dataset(tmp_path / "legal", "legal")

    with pytest.raises(OptionError, match="2 datasets called legal; name each once"):
        names(data, "legal", tmp_path / "legal")
