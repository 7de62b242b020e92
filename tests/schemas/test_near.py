"""Who mistypes the name of a folder is told what it may have meant."""

from pathlib import Path

import pytest

from schemas.errors import ModelError
from schemas.near import meant
from schemas.run import Run


def made(folder: Path, marker: str) -> Path:
    folder.mkdir(parents=True)
    (folder / marker).touch()
    return folder


@pytest.mark.parametrize("typed", ["patentt", "data/patetn", "patent"])
def test_the_nearest_name_beside_it_or_at_home_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.chdir(tmp_path)
    made(Path("data/patent"), "manifest.json")
    made(Path("data/legal"), "manifest.json")

    assert meant(Path(typed), "manifest.json", Path("data")) == "did you mean data/patent?"


@pytest.mark.parametrize("typed", ["xyz", "data/paper"])
def test_nothing_is_meant_where_nothing_is_like_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.chdir(tmp_path)
    made(Path("data/legal"), "manifest.json")
    Path("data/paper").mkdir()

    assert not meant(Path(typed), "manifest.json", Path("data"))


def test_a_run_without_its_folder_is_found_in_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made(Path("runs/legal-tiny-lora"), "run.json")

    with pytest.raises(ModelError, match=r"^legal-tiny-lora: no such run; did you mean runs/legal-tiny-lora\?$"):
        Run.open("legal-tiny-lora")
