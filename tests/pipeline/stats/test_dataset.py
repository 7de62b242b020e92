import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.stats import dataset_statistics
from pipeline.stats.datasets import find_datasets
from pipeline.stats.vocabulary import stop_words, vocabulary
from schemas.errors import DatasetError, FormatError, OptionError
from schemas.statistics import DatasetStatistics
from tests.shared_data import shared


class Halves:
    name = "halves"

    def count(self, texts: Sequence[str]) -> list[int]:
        return [-(-len(text) // 2) for text in texts]


def write(path: Path, rows: Sequence[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def pair(content: str, summary: str) -> dict[str, object]:
    return {"content": content, "summary": summary}


def medians(found: DatasetStatistics, split: int = 0) -> dict[tuple[str, str], int]:
    return {(lengths.text, lengths.unit): lengths.p50 for lengths in found.splits[split].lengths}


def test_a_folder_gives_its_splits_in_order_and_all_units(tmp_path: Path) -> None:
    write(tmp_path / "legal/train.json", [pair("今天天气", "我们去北京大学")])
    write(tmp_path / "legal/dev.json", [])
    write(tmp_path / "legal/test.json", [pair("一二三", "甲")])

    found = dataset_statistics(tmp_path / "legal", units=("chars", "words", "tokens"), counter=Halves())

    assert [(split.name, split.records) for split in found.splits] == [("train", 1), ("dev", 0), ("test", 1)]
    assert medians(found) == {
        ("content", "chars"): 4,
        ("summary", "chars"): 7,
        ("content", "words"): 1,
        ("summary", "words"): 3,
        ("content", "tokens"): 2,
        ("summary", "tokens"): 4,
    }
    assert found.truncation_rule.endswith("tokens of halves")


def test_dialogues_have_turns_and_histories(tmp_path: Path) -> None:
    path = tmp_path / "chat.json"
    write(path, [{"prompt": "问题", "response": "回答", "history": [["一", "二二"], ["三", "四"]]}])

    found = dataset_statistics(path, units=("chars",))

    assert found.splits[0].name == "chat.json"
    assert medians(found)["turns", "turns"] == 2
    assert medians(found)["history", "chars"] == 5
    assert found.vocabulary is None


def test_the_words_of_the_history_are_not_counted_again(tmp_path: Path) -> None:
    path = tmp_path / "chat.json"
    write(path, [{"prompt": "合同", "response": "法院", "history": [["合同", "合同"]]}])

    found = dataset_statistics(path)

    assert found.vocabulary is not None
    assert dict(found.vocabulary.top) == {"合同": 1, "法院": 1}


def test_numbers_of_a_real_file_are_the_measured_ones() -> None:
    found = dataset_statistics(shared("official/AdvertiseGen_dev.json"), units=("chars",))

    content, summary = found.splits[0].lengths
    assert (content.count, content.minimum, content.p50, content.maximum) == (1070, 10, 44, 126)  # spec/sources.md 0.1
    assert (summary.minimum, summary.p50, summary.maximum) == (60, 109, 237)


def test_the_vocabulary_leaves_out_what_is_no_word_and_the_top_what_says_nothing() -> None:
    frequencies = {"的": 50, "，": 40, "2017.12": 30, "A": 20, "The": 15, "法院": 3, "bert": 3, "合同": 9, " ": 7}

    found = vocabulary(frequencies, top=2)

    assert (found.size, found.occurrences) == (6, 100)
    assert list(found.top.items()) == [("合同", 9), ("bert", 3)]


def test_stop_words_are_lower_case_and_of_both_languages() -> None:
    assert {"的", "以及", "the"} <= stop_words()
    assert all(word == word.lower() for word in stop_words())


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"train.json": []}, "no record in train.json; nothing to count"),
        ({"notes.txt": []}, "no dataset: found notes.txt; expected train.json, dev.json, test.json"),
    ],
)
def test_a_folder_without_records_is_refused(
    files: dict[str, Sequence[dict[str, object]]], message: str, tmp_path: Path
) -> None:
    for name, rows in files.items():
        write(tmp_path / name, rows)

    with pytest.raises(DatasetError, match=message):
        dataset_statistics(tmp_path)


def test_splits_of_two_shapes_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "train.json", [pair("a", "b")])
    write(tmp_path / "dev.json", [{"prompt": "a", "response": "b", "history": []}])

    with pytest.raises(FormatError, match=r"dev\.json: chat records beside pair records in train\.json"):
        dataset_statistics(tmp_path)


def test_tokens_need_a_tokenizer(tmp_path: Path) -> None:
    write(tmp_path / "train.json", [pair("a", "b")])

    with pytest.raises(OptionError, match="add --tokenizer PATH"):
        dataset_statistics(tmp_path, units=("tokens",))


def test_datasets_are_found_by_path_by_name_or_all_together(tmp_path: Path) -> None:
    for name in ("patent", "legal"):
        write(tmp_path / name / "train.json", [pair("a", "b")])
    (tmp_path / "notes").mkdir()

    assert find_datasets([], tmp_path) == [tmp_path / "legal", tmp_path / "patent"]
    assert find_datasets(["patent"], tmp_path) == [tmp_path / "patent"]
    assert find_datasets([str(tmp_path / "legal/train.json")], tmp_path) == [tmp_path / "legal/train.json"]


@pytest.mark.parametrize(
    ("names", "folder", "message"),
    [
        (["medicine"], ".", r"medicine: no such dataset; .* one of those under .*: legal$"),
        ([], "legal", "legal: no dataset in it; make one with prep convert"),
        ([], "nowhere", "nowhere: no such folder; make one with prep convert"),
    ],
)
def test_a_missing_dataset_is_said(names: list[str], folder: str, message: str, tmp_path: Path) -> None:
    write(tmp_path / "legal/train.json", [pair("a", "b")])

    with pytest.raises(DatasetError, match=message):
        find_datasets(names, tmp_path / folder)
