"""Exports: read back they are the dataset that they were, whatever stands in it."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.export.export import EXPORT, export
from pipeline.export.registry import TARGETS
from schemas.dataset import SPLITS, PreparedDataset
from schemas.errors import DatasetError, OptionError
from tests.pipeline.export.datasets import nasty_chats, nasty_pairs, splits_of
from tests.pipeline.mixing.folders import folder, pairs
from tests.running import contents, run
from tests.shared_data import shared


def read_back(command: str, place: Path) -> Path:
    outcome = run(*shlex.split(command)[1:], "--out", place, "--name", "back")
    assert outcome.code == 0, outcome.err
    return place / "back"


@pytest.mark.parametrize("make", [nasty_pairs, nasty_chats])
@pytest.mark.parametrize("to", TARGETS)
def test_an_export_that_is_converted_is_the_same_dataset(
    to: str, make: Callable[[Path], PreparedDataset], tmp_path: Path
) -> None:
    dataset = make(tmp_path / "data" / "nasty")

    done = export(dataset, to, out=tmp_path / "exports")
    back = read_back(done.facts["back"], tmp_path)

    assert splits_of(back) == splits_of(dataset.path)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("legal/lawyer_llama_multi_turn_with_article_v2.json", ()),
        pytest.param("patent/bdci2022_patents_train.json", ("--max-content", "40"), marks=pytest.mark.slow),
        pytest.param("instruct/sharegpt_zh_1K.jsonl", ("--sample", "300"), marks=pytest.mark.slow),
    ],
)
def test_real_files_come_back_byte_for_byte(name: str, options: tuple[str, ...], tmp_path: Path) -> None:
    assert run("convert", shared(name), "--out", tmp_path, "--name", "x", *options).code == 0
    dataset = PreparedDataset.open(tmp_path / "x")
    splits = {split: dataset.file(split).read_bytes() for split in SPLITS}

    for to in TARGETS:
        done = export(dataset, to, out=tmp_path / "exports")
        back = read_back(done.facts["back"], tmp_path / to)

        assert {split: (back / f"{split}.json").read_bytes() for split in SPLITS} == splits, to


@pytest.mark.parametrize("to", TARGETS)
def test_exporting_twice_gives_the_same_bytes(to: str, tmp_path: Path) -> None:
    dataset = nasty_chats(tmp_path / "legal")

    first = contents(export(dataset, to, out=tmp_path / "exports").path)
    again = contents(export(dataset, to, out=tmp_path / "exports", overwrite=True).path)

    assert first == again
    assert EXPORT in first


@pytest.mark.parametrize("to", TARGETS)
def test_only_the_train_file_holds_what_is_trained_on(to: str, tmp_path: Path) -> None:
    held = pairs("留出", 5, first=100)
    dataset = folder(tmp_path / "legal", train=pairs("学", 9), dev=held[:2], test=held[2:])

    place = export(dataset, to, out=tmp_path / "exports").path

    files = {path.stem: path.read_bytes() for path in place.iterdir() if path.stem in SPLITS}
    assert set(files) == set(SPLITS)
    assert ["留出".encode() in text for text in files.values() if text] == [name != "train" for name in files]


def test_registration_files_name_the_splits_and_train_never_on_test(tmp_path: Path) -> None:
    dataset = nasty_pairs(tmp_path / "patent")

    texts = {
        to: {path.name: path.read_text("utf-8") for path in export(dataset, to, out=tmp_path / "x").path.glob("*")}
        for to in ("llama-factory", "ms-swift", "axolotl", "firefly")
    }

    factory = json.loads(texts["llama-factory"]["dataset_info.json"])
    assert {name: entry["file_name"] for name, entry in factory.items()} == {
        "patent": "train.jsonl",
        "patent_dev": "dev.jsonl",
        "patent_test": "test.jsonl",
    }
    assert [each["dataset_path"] for each in json.loads(texts["ms-swift"]["dataset_info.json"])] == [
        *("train.jsonl", "dev.jsonl", "test.jsonl")
    ]
    assert texts["axolotl"]["axolotl.yaml"].index("train.jsonl") < texts["axolotl"]["axolotl.yaml"].index("dev.jsonl")
    assert "test.jsonl" not in texts["axolotl"]["axolotl.yaml"]
    assert "test.jsonl" not in texts["firefly"]["train_args.firefly.json"]


def test_answers_that_are_only_context_carry_no_loss_where_the_format_can_say_so(tmp_path: Path) -> None:
    dataset = folder(tmp_path / "legal", train=[("三", "四", [("一", "二")])])

    def last(to: str) -> list[dict[str, object]]:
        place = export(dataset, to, out=tmp_path / "x").path
        return json.loads((place / "train.jsonl").read_text("utf-8"))["messages"]  # type: ignore[no-any-return]

    assert [turn.get("weight") for turn in last("openai")] == [None, 0, None, 1]
    assert [turn.get("loss") for turn in last("ms-swift")] == [None, False, None, True]
    assert [turn.get("train") for turn in last("axolotl")] == [False, False, False, True]


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("alpaca", {"history": 84}),
        ("sharegpt", {"earlier_answers": 84}),
        ("llama-factory", {"earlier_answers": 84, "media_tags": 16}),
        ("ms-swift", {"media_tags": 16}),
        ("official", {}),
    ],
)
def test_what_a_format_cannot_say_is_counted_and_told(to: str, expected: dict[str, int], tmp_path: Path) -> None:
    done = export(nasty_chats(tmp_path / "legal"), to, out=tmp_path / "x")

    assert done.facts["unsaid"] == expected
    page = (done.path / "README.md").read_text("utf-8")
    assert all(f"- {count} records " in page for count in expected.values())


def test_an_export_in_the_way_is_kept_unless_it_is_the_same_or_may_go(tmp_path: Path) -> None:
    dataset = folder(tmp_path / "legal", train=pairs("甲", 3))
    other = folder(tmp_path / "more" / "legal", train=pairs("乙", 3))
    first = export(dataset, "sharegpt", out=tmp_path / "x")

    assert export(dataset, "sharegpt", out=tmp_path / "x").unchanged
    with pytest.raises(DatasetError, match=r"legal-sharegpt: already there, made of another sha256; .*--overwrite"):
        export(other, "sharegpt", out=tmp_path / "x")
    export(other, "sharegpt", out=tmp_path / "x", overwrite=True)
    assert "乙" in (first.path / "train.json").read_text("utf-8")


def test_a_folder_that_is_no_export_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "x" / "legal-openai").mkdir(parents=True)
    mine = tmp_path / "x" / "legal-openai" / "mine.txt"
    mine.write_text("mine")
    dataset = folder(tmp_path / "legal", train=pairs("甲", 3))

    with pytest.raises(DatasetError, match="in the way and no export of prep"):
        export(dataset, "openai", out=tmp_path / "x", overwrite=True)

    assert mine.read_text() == "mine"


def test_a_dataset_that_was_changed_by_hand_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    dataset = folder(tmp_path / "legal", train=pairs("甲", 3))
    dataset.file("train").write_text('{"content": "a", "summary": "b"}\n')

    with pytest.raises(DatasetError, match="not the 3 records that"):
        export(dataset, "openai", out=tmp_path / "x")

    assert list((tmp_path / "x").iterdir()) == []


def test_a_name_that_leaves_the_folder_and_an_unknown_target_are_refused(tmp_path: Path) -> None:
    dataset = folder(tmp_path / "legal", train=pairs("甲", 3))

    with pytest.raises(OptionError, match="without slashes"):
        export(dataset, "openai", out=tmp_path, name="../y")
    with pytest.raises(OptionError, match=r"--to gguf: no such format; choose one of: llama-factory, "):
        export(dataset, "gguf", out=tmp_path)
