"""Pushing to a hub: a stand-in on this machine is asked as the real one would be, and read back from."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import DatasetCard

from pipeline.export.export import export
from pipeline.export.hub import check_statement
from schemas.errors import OptionError
from tests.pipeline.export.datasets import nasty_chats, splits_of
from tests.pipeline.export.hub_stand_in import Hub, hub
from tests.pipeline.mixing.folders import folder, pairs

STATED = ("--license", "cc-by-4.0", "--source", "https://example.org/legal")


def prep(held: Hub, place: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """In a process of its own: the hub's library reads its endpoint when it is loaded. Nobody is logged in."""
    ours = {"HF_ENDPOINT": held.endpoint, "HF_HOME": str(place / "home"), "HF_HUB_DISABLE_XET": "1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return subprocess.run(
        [sys.executable, "-m", "prep", *map(str, arguments)],
        env={**kept, **ours, "NO_PROXY": "127.0.0.1"},
        cwd=place,
        check=False,
        capture_output=True,
        text=True,
    )


def test_what_is_pushed_comes_back_through_the_hub_as_the_same_dataset(tmp_path: Path) -> None:
    dataset = nasty_chats(tmp_path / "data" / "legal")

    with hub("me/legal") as held:
        pushed = prep(held, tmp_path, "export", "legal", "--to", "hub", "--repo", "me/legal", *STATED)
        back = ("--domain", "legal", "--shape", "chat", "--split-by", "file", "--no-clean", "--name", "back")
        read = prep(held, tmp_path, "convert", "hf::me/legal", "--format", "instruct/chat", *back)

    assert pushed.returncode == 0, pushed.stderr
    assert f"pushed to {held.endpoint}/datasets/me/legal" in pushed.stdout
    assert sorted(held.files) == ["README.md", "test.parquet", "train.parquet"]
    assert held.private
    assert read.returncode == 0, read.stderr
    assert splits_of(tmp_path / "data" / "back") == splits_of(dataset.path)


def test_a_hub_that_refuses_says_what_to_do_and_the_export_stays(tmp_path: Path) -> None:
    folder(tmp_path / "data" / "legal", train=pairs("甲", 3))

    with hub("me/legal", refuse=401) as held:
        outcome = prep(held, tmp_path, "export", "legal", "--to", "hub", "--repo", "me/legal", *STATED)

    assert outcome.returncode == 1
    [line] = outcome.stderr.splitlines()
    assert line.startswith(f"prep: me/legal: not pushed to {held.endpoint}: ")
    assert line.endswith("log in with: hf auth login")
    assert (tmp_path / "exports" / "legal-hub" / "train.parquet").is_file()


@pytest.mark.parametrize(
    ("repo", "license_", "sources", "said"),
    [
        ("me/legal", None, ["x"], "--license NAME not given"),
        ("me/legal", "cc-by-4.0", [], "--source TEXT not given"),
        (None, None, [], r"--repo OWNER/NAME and --license NAME and --source TEXT not given"),
        ("legal", "cc-by-4.0", ["x"], "--repo legal: expected OWNER/NAME"),
        ("me/legal", "do what you want", ["x"], "expected an identifier of the hub"),
    ],
)
def test_licence_and_sources_must_be_stated(
    repo: str | None, license_: str | None, sources: list[str], said: str
) -> None:
    with pytest.raises(OptionError, match=said):
        check_statement(repo, license_, sources)


def test_the_card_states_them_for_people_and_machines(tmp_path: Path) -> None:
    dataset = nasty_chats(tmp_path / "legal")

    done = export(dataset, "parquet", out=tmp_path, license="cc-by-4.0", sources=["https://example.org/legal"])

    card = DatasetCard.load(done.path / "README.md")
    assert card.data.license == "cc-by-4.0"
    assert card.data.to_dict()["size_categories"] == ["n<1K"]
    assert "- https://example.org/legal" in card.text
    assert "## Licence\n\ncc-by-4.0\n" in card.text


def test_the_hub_accepts_a_card_with_a_licence_and_refuses_one_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = folder(tmp_path / "legal", train=pairs("甲", 3))
    whole = export(dataset, "parquet", out=tmp_path / "whole", license="cc-by-4.0", sources=["here"]).path
    bare = export(dataset, "parquet", out=tmp_path / "bare").path

    with hub("me/legal") as held:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", held.endpoint)
        DatasetCard.load(whole / "README.md").validate()
        with pytest.raises(ValueError, match="no license"):
            DatasetCard.load(bare / "README.md").validate()


@pytest.mark.parametrize("to", ["parquet", "hub"])
def test_datasets_loads_the_splits_of_a_folder(to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    dataset = nasty_chats(tmp_path / "legal")
    place = export(dataset, to, out=tmp_path).path

    loaded = datasets.load_dataset(str(place), cache_dir=str(tmp_path / "cache"))

    assert {name: rows.num_rows for name, rows in loaded.items()} == {
        "train": dataset.count("train"),
        "test": dataset.count("test"),
    }
    assert loaded["train"][3]["history"][0] == ['Er sagte "ja"\\nein \\ Ende', "第一行\n第二行\r\n\t第四行\n\n"]


@pytest.mark.parametrize("to", ["openai", "ms-swift", "axolotl", "sharegpt", "llama-factory", "firefly", "alpaca"])
def test_datasets_loads_files_of_json(to: str, tmp_path: Path) -> None:
    import datasets

    dataset = nasty_chats(tmp_path / "legal")
    [file] = export(dataset, to, out=tmp_path).path.glob("train.json*")

    rows = datasets.load_dataset("json", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))

    assert rows.num_rows == dataset.count("train")
