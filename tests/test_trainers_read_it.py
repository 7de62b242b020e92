"""Every produced folder is what the official trainers and ``datasets`` expect."""

import json
from pathlib import Path

import pytest

from pipeline.convert import convert_sources
from prep.options import convert_options
from schemas.dataset import PreparedDataset
from schemas.records import DOMAINS
from tests.shared_data import shared

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
HISTORIES = ("official/chat_history_h_1000.jsonl", "instruct/sharegpt_zh_1K.jsonl")


def made(source: Path, out: Path, **options: object) -> PreparedDataset:
    done = convert_sources([str(source)], convert_options(options), out=out)
    assert done.path is not None
    return PreparedDataset.open(done.path)


def official_examples(dataset: PreparedDataset) -> int:
    """``preprocess_function_train`` of the official ``main.py``: what it keeps; it breaks on a history of None."""
    kept = 0
    names = ("content", "summary") if dataset.shape == "pair" else ("prompt", "response")
    for split in ("train", "dev", "test"):
        for line in dataset.file(split).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            prompt = ""
            for number, (question, answer) in enumerate(record.get("history", [])):
                prompt += f"[Round {number}]\n问：{question}\n答：{answer}\n"
            assert isinstance(record.get("history", []), list)
            kept += bool(record[names[0]] and record[names[1]])
    return kept


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_official_preprocessing_keeps_every_record(domain: str, tmp_path: Path) -> None:
    dataset = made(SAMPLES / domain / "sources", tmp_path, domain=domain)

    assert official_examples(dataset) == sum(dataset.count(split) for split in ("train", "dev", "test"))


@pytest.mark.parametrize("name", HISTORIES)
def test_the_official_preprocessing_keeps_every_record_of_real_dialogues(name: str, tmp_path: Path) -> None:
    dataset = made(shared(name), tmp_path)

    assert dataset.shape == "chat"
    assert official_examples(dataset) == sum(dataset.count(split) for split in ("train", "dev", "test"))


@pytest.mark.parametrize(
    ("domain", "options"),
    [
        *((domain, {}) for domain in DOMAINS),
        ("patent", {"shape": "chat"}),  # every history is empty
        ("paper", {"test": 0.0}),  # an empty file
        ("legal", {"turns": "last", "dev": 5, "test": 5}),
    ],
)
def test_load_dataset_gives_the_splits(
    domain: str, options: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    dataset = made(SAMPLES / domain / "sources", tmp_path, domain=domain, **options)

    loaded = datasets.load_dataset(str(dataset.path), cache_dir=str(tmp_path / "cache"))

    names = {"train": "train", "dev": "validation", "test": "test"}
    found = {name: loaded[theirs].num_rows for name, theirs in names.items() if theirs in loaded}
    assert found == {name: dataset.count(name) for name in ("train", "dev", "test") if dataset.count(name)}  # type: ignore[arg-type]
    first = json.loads(dataset.file("train").read_text(encoding="utf-8").splitlines()[0])
    assert loaded["train"][0] == first
