"""Mixtures: how much of what, splits kept apart, nothing lost, and an ordinary dataset in the end."""

from pathlib import Path

import polars as pl
import pytest

from pipeline.explain import explain
from pipeline.mixing.mix import mix
from pipeline.validate import validate
from schemas.dataset import DUPLICATES, ORIGINS, REJECTED, SPLITS, PreparedDataset
from schemas.errors import DatasetError, OptionError, OutcomeError
from tests.pipeline.mixing.folders import folder, pairs
from tests.running import contents, json_lines, patents, read_lines, run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """``legal`` of pairs and ``instruct`` of dialogues, with nothing in common."""
    folder(tmp_path / "legal", train=pairs("法", 10), dev=pairs("法", 4, 10), test=pairs("法", 4, 20))
    dialogues = [(*pair, [["你好", f"在{number}"]]) for number, pair in enumerate(pairs("令", 20))]
    folder(tmp_path / "instruct", domain="instruct", train=dialogues, dev=pairs("令", 10, 30), test=pairs("令", 5, 50))
    return tmp_path


def mixed(data: Path, *amounts: str, name: str = "mixed", **options: int) -> PreparedDataset:
    return mix(amounts, name=name, data=data, out=data, **options).dataset  # type: ignore[arg-type]


def lines(dataset: PreparedDataset, split: str) -> list[str]:
    rows = read_lines(dataset.path / f"{split}.json")
    return [row.get("prompt", row.get("content")) for row in rows]


def test_a_share_is_of_every_split_and_one_is_all(data: Path) -> None:
    found = mixed(data, "legal:1", "instruct:0.3")

    assert {split: found.count(split) for split in SPLITS} == {"train": 10 + 6, "dev": 4 + 3, "test": 4 + 2}
    assert [sum("令" in line for line in lines(found, split)) for split in SPLITS] == [6, 3, 2]
    assert found.manifest["mixed"][1]["records"]["not_sampled"] == 35 - 11


def test_above_one_it_is_a_number_of_train_records_and_the_same_share_of_the_others(data: Path) -> None:
    found = mixed(data, "legal:5", "instruct:1")

    assert [sum("法" in line for line in lines(found, split)) for split in SPLITS] == [5, 2, 2]


def test_the_chat_shape_wins_and_no_turn_is_lost(data: Path) -> None:
    found = mixed(data, "legal:1", "instruct:1")

    rows = read_lines(found.file("train"))
    assert found.shape == "chat"
    assert rows[0] == {"prompt": "法问题0", "response": "法回答0", "history": []}
    assert rows[10] == {"prompt": "令问题0", "response": "令回答0", "history": [["你好", "在0"]]}


def test_the_same_command_gives_the_same_bytes_and_another_seed_others(data: Path) -> None:
    first, again = (mixed(data, "legal:1", "instruct:0.3", name=name) for name in ("a", "b"))
    other = mixed(data, "legal:1", "instruct:0.3", name="c", seed=7)

    assert contents(first.path)["train.json"] == contents(again.path)["train.json"]
    assert contents(first.path)[ORIGINS] == contents(again.path)[ORIGINS]
    assert lines(first, "train") != lines(other, "train")


def test_a_larger_share_contains_the_smaller(data: Path) -> None:
    small, large = (mixed(data, "legal:1", f"instruct:{share}", name=f"m{share}") for share in (0.2, 0.6))

    assert set(lines(small, "train")) < set(lines(large, "train"))


def test_what_one_dataset_holds_out_is_not_trained_on_from_another(tmp_path: Path) -> None:
    folder(tmp_path / "a", train=[("同一问题", "甲"), *pairs("法", 5)], test=pairs("令", 1))
    folder(tmp_path / "b", train=pairs("令", 5), dev=[("同一问题", "乙")], test=pairs("书", 1))

    found = mixed(tmp_path, "a:1", "b:1")

    assert "同一问题" not in lines(found, "train")
    assert lines(found, "dev") == ["同一问题"]
    [leak] = read_lines(found.path / REJECTED)
    assert (leak["file"], leak["row"], leak["reason"]) == ("a-train.jsonl", 1, "leak")
    [duplicate] = read_lines(found.path / DUPLICATES)
    assert (duplicate["prompt"], duplicate["file"], duplicate["kept"]["file"]) == (
        "令问题0",
        "b-train.jsonl",
        "a-test.jsonl",
    )
    assert validate(found.path).is_valid


def test_held_out_records_that_are_not_taken_are_kept_out_of_train_too(tmp_path: Path) -> None:
    folder(tmp_path / "a", train=[*pairs("书", 30, 100), *pairs("法", 5)])
    folder(tmp_path / "b", train=pairs("令", 100), test=[(question, "别的") for question, _ in pairs("书", 30, 100)])

    found = mixed(tmp_path, "a:1", "b:0.1")

    assert [line for line in lines(found, "train") if "书" in line] == []
    assert found.count("test") == 3
    assert found.manifest["records"]["rejected"] == {"leak": 30}


def test_a_dialogue_that_begins_as_a_held_out_one_is_a_leak(tmp_path: Path) -> None:
    folder(tmp_path / "a", train=[("然后呢", "再说", [["合同到期怎么办", "看约定"]]), *pairs("法", 3)])
    folder(tmp_path / "b", train=pairs("令", 3), test=[("合同到期怎么办", "续签")])

    found = mixed(tmp_path, "a:1", "b:1")

    assert "然后呢" not in lines(found, "train")


def test_every_record_is_accounted_for(tmp_path: Path) -> None:
    folder(tmp_path / "a", train=pairs("法", 30), dev=pairs("法", 5, 30), test=pairs("法", 5, 40))
    folder(tmp_path / "b", train=pairs("法", 30, 20), test=pairs("法", 3))

    records = mixed(tmp_path, "a:0.5", "b:1").manifest["records"]

    kept = sum(records[split] for split in SPLITS)
    assert records["duplicates"] > 0
    assert (
        records["made"]
        == 73
        == kept + records["not_sampled"] + records["duplicates"] + sum(records["rejected"].values())
    )


def test_every_line_can_be_followed_to_its_dataset_and_its_source(data: Path) -> None:
    found = mixed(data, "legal:0.5", "instruct:0.3")

    origins = pl.read_parquet(found.path / ORIGINS).filter(pl.col("split") == "train")
    names = [source["name"] for source in found.manifest["sources"]]
    assert origins.height == found.count("train")
    for line, origin in zip(lines(found, "train"), origins.iter_rows(named=True), strict=True):
        of = ("legal", "instruct")[origin["dataset"]]
        assert names[origin["file"]] == f"{of}-train.jsonl"
        assert lines(PreparedDataset.open(data / of), "train")[origin["line"] - 1] == line


def test_a_line_of_a_mixture_is_explained_as_the_line_that_it_was(tmp_path: Path) -> None:
    for number, name in enumerate(("old", "new")):
        source = json_lines(tmp_path / f"{name}.jsonl", patents(40, 100 * number))
        assert run("convert", source, "--domain", "patent", "--name", name, "--out", tmp_path).code == 0
    found = mixed(tmp_path, "old:0.5", "new:1")
    last = found.count("train")

    whole = explain(found, f"train:{last}")
    (tmp_path / "new" / "train.json").write_text("", encoding="utf-8")
    changed = explain(found, f"train:{last}")

    assert whole.place.file.endswith("new.jsonl")
    assert whole.row is not None
    assert whole.fate.startswith("taken from new train:")
    assert changed.row is None
    assert changed.source.why == "new is not there any more, or was made anew"
    assert changed.line["content"] == whole.row["title"]


def test_a_mixture_can_be_mixed_and_loaded_like_any_dataset(data: Path) -> None:
    first = mixed(data, "legal:1", "instruct:0.3", name="first")
    folder(data / "patent", domain="patent", train=pairs("利", 4))

    second = mixed(data, "first:1", "patent:2", name="second")

    assert second.count("train") == first.count("train") + 2
    assert [each["dataset"] for each in second.manifest["sources"][:6]] == ["first"] * 6


def test_the_same_again_says_so_and_another_one_is_refused(data: Path) -> None:
    mixed(data, "legal:1", "instruct:0.3")

    assert mix(["legal:1", "instruct:0.3"], name="mixed", data=data, out=data).unchanged
    with pytest.raises(DatasetError, match="already there, made with other amounts; replace it with --overwrite"):
        mixed(data, "legal:1", "instruct:0.4")
    assert not mix(["legal:1", "instruct:0.4"], name="mixed", data=data, out=data, overwrite=True).unchanged


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        ("legal", "legal: how much of it"),
        ("legal:", "is no amount"),
        ("legal:half", "'half' is no amount; expected NAME:1"),
        ("legal:0", "nothing of it"),
        ("legal:-3", "nothing of it"),
        ("legal:nan", "nothing of it"),
        ("legal:2.5", "neither a share up to 1 nor a whole number"),
        ("legal:500.0", "neither a share up to 1 nor a whole number"),
        ("legal:11", "it has 10 records in train; use legal:1 for all of them"),
        ("legal:0.01", "that is none of its 10 records"),
        ("instruct:0.5", "the dataset is named twice"),
    ],
)
def test_an_amount_that_could_be_read_in_two_ways_is_refused(data: Path, amount: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        mixed(data, "instruct:1", amount)


def test_what_cannot_be_mixed_is_said(data: Path) -> None:
    with pytest.raises(OptionError, match="one dataset is no mixture"):
        mixed(data, "legal:1")
    with pytest.raises(DatasetError, match="no such dataset"):
        mixed(data, "legal:1", "lgeal:1")
    with pytest.raises(OptionError, match="is one of the datasets that are mixed"):
        mixed(data, "legal:1", "instruct:1", name="legal")
    folder(data / "again", train=pairs("法", 10))
    with pytest.raises(OutcomeError, match="again:10: 0 records are left in train without duplicates"):
        mixed(data, "legal:1", "again:10")
