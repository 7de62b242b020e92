"""The dataset folder: opened again as it was written, and refused for what is wrong with it."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.dataset import FORMAT, PreparedDataset, read_manifest
from schemas.errors import DatasetError

MANIFEST: dict[str, Any] = {
    "format": FORMAT,
    "name": "patent.32",
    "domain": "patent",
    "shape": "pair",
    "records": {"train": 3, "dev": 1, "test": 0},
}


def dataset(folder: Path, manifest: object) -> Path:
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def test_a_dataset_is_opened_by_its_folder(tmp_path: Path) -> None:
    opened = PreparedDataset.open(dataset(tmp_path, MANIFEST))

    assert (opened.name, opened.domain, opened.shape) == ("patent.32", "patent", "pair")
    assert (opened.count("train"), opened.count("test")) == (3, 0)
    assert opened.file("dev") == tmp_path / "dev.json"
    assert opened.manifest == MANIFEST


def test_a_folder_that_is_not_there_is_told_from_one_without_manifest(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nowhere: no such dataset; make the dataset with prep convert"):
        read_manifest(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match=r"no manifest\.json in it; make the dataset with prep convert"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("manifest", "found"),
    [({**MANIFEST, "format": FORMAT + 1}, str(FORMAT + 1)), ({"records": {}}, "None"), ([1, 2], r"\[1, 2\]")],
)
def test_another_format_is_refused(tmp_path: Path, manifest: object, found: str) -> None:
    with pytest.raises(DatasetError, match=f"format {found}, expected {FORMAT}; make the dataset anew"):
        PreparedDataset.open(dataset(tmp_path, manifest))


@pytest.mark.parametrize("data", [b"{half", b"\xff\xfe", b""])
def test_a_damaged_manifest_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(data)

    with pytest.raises(DatasetError, match=r"manifest\.json: cannot be read: .*; make the dataset anew"):
        read_manifest(tmp_path)


def test_a_name_that_is_nearly_one_of_a_dataset_is_told_which(tmp_path: Path) -> None:
    (tmp_path / "patent").mkdir()
    (tmp_path / "patent" / "manifest.json").write_text("{}", encoding="utf-8")

    with pytest.raises(DatasetError, match=rf"^{tmp_path / 'patentt'}: no such dataset; did you mean .*/patent\?$"):
        read_manifest(tmp_path / "patentt")


def test_a_manifest_that_may_not_be_read_is_not_to_be_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied", "manifest.json")

    monkeypatch.setattr(Path, "read_text", refuse)

    with pytest.raises(DatasetError, match=r"manifest.json: cannot be read: Permission denied$"):
        read_manifest(tmp_path)
