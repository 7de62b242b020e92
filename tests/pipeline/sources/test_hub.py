"""Local data set folders are read through ``datasets``; the hub itself is never asked in a test."""

import json
from pathlib import Path

import polars as pl
import pytest

from pipeline.readers.chunk import ReadOptions
from pipeline.sources.hub import hub_tables, is_hub
from schemas.errors import SourceError
from schemas.places import OFFSET, ROW

CARD = """---
license: mit
configs:
- config_name: default
  data_files:
  - split: train
    path: train.json
  - split: dev
    path: dev.json
---
# Card
"""
TURNS = pl.List(pl.Struct({"from": pl.String, "value": pl.String}))


@pytest.fixture
def card(tmp_path: Path) -> str:
    rows = [{"content": f"问{n}", "turns": [{"value": "甲", "from": "user", "x": n}], "star": n} for n in range(3)]
    for split, part in (("train", rows), ("dev", rows[:1])):
        text = "\n".join(json.dumps(row, ensure_ascii=False) for row in part)
        (tmp_path / f"{split}.json").write_text(text)
    (tmp_path / "README.md").write_text(CARD)
    return str(tmp_path)


def test_a_folder_with_a_card_that_names_its_files_is_a_data_set(card: str) -> None:
    assert is_hub(card)
    assert is_hub("hf::owner/name")


def test_a_folder_with_any_other_readme_is_a_plain_folder(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Card\n\nconfigs: none\n")

    assert not is_hub(str(tmp_path))
    assert not is_hub(str(tmp_path / "missing"))


def test_every_split_is_a_table_and_one_can_be_chosen(card: str) -> None:
    assert [table.name for table in hub_tables(card, ReadOptions())] == [f"{card}@train", f"{card}@dev"]
    (table,) = hub_tables(f"hf::{card}:default@dev", ReadOptions())
    assert table.name == f"hf::{card}:default@dev"
    assert table.columns == ("content", "turns", "star")
    assert [row["content"] for row in table.sample] == ["问0"]


def test_rows_have_the_wanted_columns_in_the_wanted_types(card: str) -> None:
    columns = {"turns": TURNS, "star": pl.String(), "absent": pl.String()}

    (chunk,) = hub_tables(card, ReadOptions())[0].chunks(columns)

    assert chunk.frame.schema == {ROW: pl.UInt64, OFFSET: pl.Int64, **columns}
    assert chunk.frame[ROW].to_list() == [1, 2, 3]
    assert chunk.frame["turns"].to_list()[0] == [{"from": "user", "value": "甲"}]
    assert chunk.frame["star"].to_list() == ["0", "1", "2"]
    assert json.loads(chunk.raw(chunk.frame[1:])[0]) == {"star": 1, "content": "问1"} | {
        "turns": [{"value": "甲", "from": "user", "x": 1}]
    }


def test_a_column_of_another_type_rejects_its_rows(card: str) -> None:
    (chunk,) = hub_tables(card, ReadOptions())[0].chunks({"turns": pl.String(), "content": pl.String()})

    assert chunk.frame.height == 0
    assert chunk.rejected["reason"].to_list() == ["wrong_type"] * 3
    assert chunk.rejected["detail"][0].startswith("turns is List(")
    assert '"content":"问0"' in chunk.rejected["raw"][0]


def test_without_wanted_columns_everything_is_text(card: str) -> None:
    (chunk,) = hub_tables(card, ReadOptions())[0].chunks(None)

    first = chunk.frame.drop(ROW, OFFSET).row(0, named=True)
    assert first == {"content": "问0", "turns": '[{"value":"甲","from":"user","x":0}]', "star": "0"}


@pytest.mark.parametrize("several", [False, True])
def test_a_folder_saved_by_the_library_is_read(tmp_path: Path, several: bool) -> None:
    import datasets

    datasets.disable_progress_bars()
    data = datasets.Dataset.from_list([{"title": "甲", "abstract": None}, {"title": "乙", "abstract": "摘要"}])
    saved = datasets.DatasetDict({"train": data, "test": data}) if several else data
    saved.save_to_disk(str(tmp_path / "saved"))

    tables = hub_tables(str(tmp_path / "saved"), ReadOptions())

    assert is_hub(str(tmp_path / "saved"))
    assert len(tables) == (2 if several else 1)
    (chunk,) = tables[0].chunks({"title": pl.String(), "abstract": pl.String()})
    assert chunk.frame.drop(ROW, OFFSET).rows() == [("甲", None), ("乙", "摘要")]


@pytest.mark.parametrize(
    ("suffix", "message"),
    [
        ("@trian", r"no split 'trian'; choose one of: train, dev"),
        (":other", r"'other' not found. Available: \['default'\]"),
    ],
)
def test_a_wrong_split_or_configuration_names_the_right_ones(card: str, suffix: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        hub_tables(f"hf::{card}{suffix}", ReadOptions())


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(SourceError, match="expected hf::owner/name"):
        hub_tables("hf::a:b:c", ReadOptions())


def test_an_unreachable_hub_says_which_endpoint_and_how_to_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    def unreachable(*_: object, **__: object) -> None:
        raise ConnectionError("Couldn't reach 'owner/name'\non the Hub")

    monkeypatch.setattr(datasets, "load_dataset", unreachable)
    monkeypatch.setattr(datasets.config, "HF_ENDPOINT", "https://mirror.example")

    with pytest.raises(SourceError, match=r"from https://mirror\.example: Couldn't reach .*set HF_ENDPOINT") as caught:
        hub_tables("hf::owner/name@train", ReadOptions())

    assert "\n" not in str(caught.value)


def test_damage_inside_a_data_set_is_a_source_error(card: str) -> None:
    Path(card, "dev.json").write_text('{"content": "问"}\n{"content": \n')

    with pytest.raises(SourceError, match="cannot be read to its end"):
        list(hub_tables(f"hf::{card}@dev", ReadOptions())[0].chunks(None))
