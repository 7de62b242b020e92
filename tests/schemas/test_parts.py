"""A split in parts is one file for whoever reads it."""

from pathlib import Path

import pytest

from schemas import parts
from schemas.errors import DatasetError
from schemas.parts import part_name, split_file


def in_parts(folder: Path, *texts: str) -> Path:
    (folder / "train").mkdir()
    for number, text in enumerate(texts):
        (folder / "train" / part_name(number)).write_text(text, encoding="utf-8")
    return folder


def test_parts_are_joined_in_their_order_when_they_are_read(tmp_path: Path) -> None:
    folder = in_parts(tmp_path, *(f"{number}\n" for number in range(12)))

    whole = split_file(folder, "train")

    assert whole == folder / "train.json"
    assert whole.read_text(encoding="utf-8").split() == [str(number) for number in range(12)]
    assert sorted(path.name for path in folder.iterdir()) == ["train", "train.json"]


def test_parts_are_joined_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = in_parts(tmp_path, "a\n")
    split_file(folder, "train")
    monkeypatch.setattr(parts, "join", lambda *_: pytest.fail("joined again"))

    assert split_file(folder, "train").is_file()


def test_a_split_without_parts_is_its_file(tmp_path: Path) -> None:
    assert split_file(tmp_path, "dev") == tmp_path / "dev.json"


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = in_parts(tmp_path, "a\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts, "join", full)

    with pytest.raises(
        DatasetError, match=r"train\.json: its parts cannot be joined: No space left on device; convert"
    ):
        split_file(folder, "train")

    assert not (folder / "train.json").exists()
