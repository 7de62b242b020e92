"""Other trainers read our exports with their own loaders: the same turns, split for split. ``make interop``"""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.export.export import export
from schemas.dataset import SPLITS, PreparedDataset
from tests.interop.clients import ROOT, ask, turns_of
from tests.pipeline.export.datasets import nasty_chats, nasty_pairs
from tests.running import run
from tests.shared_data import shared

pytestmark = pytest.mark.slow


def sample(place: Path) -> PreparedDataset:
    return converted(ROOT / "samples" / "legal" / "sources", place)


def real(place: Path) -> PreparedDataset:
    return converted(shared("legal/lawyer_llama_multi_turn_with_article_v2.json"), place)


def converted(source: Path, place: Path) -> PreparedDataset:
    assert run("convert", source, "--domain", "legal", "--out", place.parent, "--name", place.name).code == 0
    return PreparedDataset.open(place)


MAKERS = [nasty_pairs, nasty_chats, sample, real]


@pytest.mark.parametrize("make", MAKERS)
def test_llama_factory_reads_the_same_turns(make: Callable[[Path], PreparedDataset], tmp_path: Path) -> None:
    dataset = make(tmp_path / "legal")
    place = export(dataset, "llama-factory", out=tmp_path).path
    splits = [split for split in SPLITS if dataset.count(split)]
    names = ["legal" if split == "train" else f"legal_{split}" for split in splits]

    rows = ask("llama-factory", "llama_factory", tmp_path, place, tmp_path / "cache", tmp_path / "out", *names)

    for split, name in zip(splits, names, strict=True):
        assert [row["turns"] for row in rows if row["split"] == name] == turns_of(dataset, split)


@pytest.mark.parametrize("make", MAKERS)
def test_ms_swift_reads_the_same_turns_and_learns_the_last_answer(
    make: Callable[[Path], PreparedDataset], tmp_path: Path
) -> None:
    dataset = make(tmp_path / "legal")
    place = export(dataset, "ms-swift", out=tmp_path).path
    splits = [split for split in SPLITS if dataset.count(split)]

    rows = ask("ms-swift", "ms_swift", tmp_path, place, tmp_path / "out", *(f"{split}.jsonl" for split in splits))

    for split in splits:
        assert [row["turns"] for row in rows if row["split"] == f"{split}.jsonl"] == turns_of(dataset, split)
    if dataset.shape == "chat":
        assert all(row["losses"] == [False] * (len(row["losses"]) - 1) + [True] for row in rows)


def test_trl_trains_a_step(tmp_path: Path) -> None:
    dataset = sample(tmp_path / "legal")
    place = export(dataset, "openai", out=tmp_path).path

    [outcome] = ask("trl", "trl_step", tmp_path, place / "train.jsonl", tmp_path / "cache", tmp_path / "out")

    assert outcome["records"] == dataset.count("train")
    assert outcome["loss"] > 0
    assert outcome["changed"]
