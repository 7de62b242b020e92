"""A new record that links what stands in different splits: what is held out stays, what it is like leaves train."""

import random
from pathlib import Path
from typing import Any

import pytest

from pipeline.append.base import APPENDED
from tests.pipeline.append.growing import at_once, corpus, cut, grown_from, held_out, leaks_of, whole
from tests.pipeline.converting import SPLITS, split_of
from tests.pipeline.near.texts import random_text
from tests.running import Row, json_lines, manifest_of, read_lines, run

GROUPED: dict[str, Any] = {
    "map": {"content": "q", "summary": "a", "group": "g"},
    "domain": "legal",
    "dev": 0.2,
    "test": 0.2,
}


def rows_of(count: int) -> list[Row]:
    return [{"q": f"问题第{n}号怎么办", "a": f"第{n}种回答", "g": f"组{n}"} for n in range(count)]


def link(one: Row, other: Row) -> Row:
    """The prompt of one record in the group of the other."""
    return {"q": one["q"], "a": f"既如{one['a']}，又如{other['a']}", "g": other["g"]}


@pytest.fixture
def old(tmp_path: Path) -> tuple[Path, dict[str, list[Row]]]:
    """A dataset, and its rows by their split."""
    rows = rows_of(60)
    folder = grown_from([json_lines(tmp_path / "a.jsonl", rows)], tmp_path, **GROUPED)
    where = split_of(folder)
    return folder, {split: [row for row in rows if where[row["q"]] == {split}] for split in SPLITS}


def append(folder: Path, rows: list[Row], name: str = "b") -> None:
    source = json_lines(folder.parent / f"{name}.jsonl", rows)
    assert run("convert", source, "--out", folder.parent, "--name", folder.name, "--append").code == 0


@pytest.mark.parametrize("held", ["dev", "test"])
@pytest.mark.parametrize("is_first", [True, False])
def test_the_training_side_moves_to_the_duplicates(
    old: tuple[Path, dict[str, list[Row]]], held: str, is_first: bool
) -> None:
    folder, rows = old
    trained, kept = rows["train"][0 if is_first else -1], rows[held][-1 if is_first else 0]
    before = held_out(folder)

    append(folder, [link(trained, kept)])

    after = held_out(folder)
    where = split_of(folder)
    [entry] = read_lines(folder / "duplicates.jsonl")
    manifest = manifest_of(folder)
    assert all(before[split] <= after[split] for split in before)
    assert where[trained["q"]] == {held}, "the new record stands where its cluster is held out"
    assert trained["a"] not in split_of(folder, "summary")
    assert (entry["prompt"], entry["reason"], entry["kept"]["row"]) == (trained["q"], "leak", int(kept["a"][1:-3]) + 1)
    assert (manifest["bridges"], manifest[APPENDED][0]["bridges"], manifest[APPENDED][0]["leaks"]) == (1, 1, 1)
    assert manifest["records"]["duplicates"] == 1
    assert leaks_of(folder) == [0, 0]
    assert run("validate", folder).code == 0


def test_what_has_left_train_is_explained_and_counted(old: tuple[Path, dict[str, list[Row]]]) -> None:
    folder, rows = old
    source = json_lines(folder.parent / "b.jsonl", [link(rows["train"][0], rows["dev"][0])])

    shown = run("convert", source, "--out", folder.parent, "--name", folder.name, "--append").out
    explained = run("explain", folder, "duplicates:1").out

    assert "\n  leak                  -1  linked to held-out records by what was appended\n" in shown
    assert "fate     left out as a leak: what was appended links it to dev:1, which is held out: " in explained


def test_what_links_dev_and_test_can_stand_in_neither(old: tuple[Path, dict[str, list[Row]]]) -> None:
    folder, rows = old
    before = held_out(folder)

    append(folder, [link(rows["test"][0], rows["dev"][0])])

    [entry] = read_lines(folder / "duplicates.jsonl")
    assert held_out(folder) == before
    assert (entry["row"], entry["reason"]) == (1, "leak")
    assert (manifest_of(folder)["bridges"], manifest_of(folder)[APPENDED][0]["leaks"]) == (1, 1)
    assert run("validate", folder).code == 0


def test_a_link_within_a_split_is_no_bridge(old: tuple[Path, dict[str, list[Row]]]) -> None:
    folder, rows = old
    new = [link(rows[split][0], rows[split][1]) for split in SPLITS]

    append(folder, new)

    sources = [folder.parent / name for name in ("a.jsonl", "b.jsonl")]
    assert manifest_of(folder)["bridges"] == 0
    assert whole(folder) == whole(at_once(sources, folder.parent, **GROUPED))


def test_what_left_train_never_comes_back(old: tuple[Path, dict[str, list[Row]]]) -> None:
    folder, rows = old
    trained, held = rows["train"][0], rows["test"][0]
    append(folder, [link(trained, held)])

    append(folder, [trained, {**trained, "a": "全新的回答"}, link(trained, rows["train"][1])], "c")

    where = split_of(folder, "summary")
    manifest = manifest_of(folder)
    assert trained["a"] not in where
    assert where["全新的回答"] == {"test"}
    assert rows["train"][1]["a"] not in where
    assert [entry["leaks"] for entry in manifest[APPENDED]] == [1, 1]
    assert manifest["bridges"] == 1
    assert leaks_of(folder) == [0, 0]


def test_near_duplicates_bridge_too_and_their_texts_are_still_known(tmp_path: Path) -> None:
    numbers = random.Random(4)
    rows = [{"q": f"问题第{n}号怎么办", "a": random_text(numbers, 60), "g": f"组{n}"} for n in range(60)]
    near = {**GROUPED, "near_dedup": 0.4, "near_dedup_on": "response"}
    folder = grown_from([json_lines(tmp_path / "a.jsonl", rows)], tmp_path, **near)
    where = split_of(folder)
    trained, held = (next(row for row in rows if where[row["q"]] == {split}) for split in ("train", "dev"))
    bridge = {"q": "何解", "a": trained["a"] + held["a"], "g": "新组"}

    append(folder, [bridge])

    entries = read_lines(folder / "duplicates.jsonl")
    texts = [{"prompt": row["q"], "response": row["a"], "history": []} for row in (trained, bridge)]
    assert [(entry["prompt"], entry.get("reason")) for entry in entries] == [(trained["q"], "leak"), ("何解", None)]
    assert read_lines(folder / ".state" / "left_out.jsonl") == texts
    assert max(leaks_of(folder)) == 0

    append(folder, [{**bridge, "q": "再问", "g": "又一组"}], "c")

    assert [entry["kept"]["row"] for entry in read_lines(folder / "duplicates.jsonl")[1:]] == [
        rows.index(trained) + 1
    ] * 2
    assert max(leaks_of(folder)) == 0


@pytest.mark.parametrize("seed", range(100, 112))
def test_whatever_is_added_the_held_out_sets_only_grow_and_nothing_leaks(tmp_path: Path, seed: int) -> None:
    numbers = random.Random(seed)
    sources = cut(corpus(numbers, 70), tmp_path, numbers, 3)
    options = {**GROUPED, "dev": 0.3, "near_dedup": 0.5, "near_dedup_on": "response", "max_reject_rate": 1}
    folder = grown_from(sources[:1], tmp_path, **options)
    before = held_out(folder)

    for source in sources[1:]:
        assert run("convert", source, "--out", tmp_path, "--name", folder.name, "--append").code == 0
        after = held_out(folder)
        assert all(before[split] <= after[split] for split in before)
        assert not any(leaks_of(folder))
        assert run("validate", folder).code == 0
        before = after
