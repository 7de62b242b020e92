"""``prep explain``: from a line back to its row, through every step, to its fate."""

import gzip
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.explain import Explanation, explain
from schemas.dataset import SPLITS, PreparedDataset
from schemas.errors import DatasetError, OptionError
from schemas.limits import LengthLimits
from tests.pipeline.converting import converted, converted_from, filtered
from tests.running import json_lines, patents, read_lines, run, table
from tests.shared_data import shared


def explained(folder: Path, id_: str) -> Explanation:
    return explain(PreparedDataset.open(folder), id_)


DIRTY = {"title": "一种  装置", "assignee": "甲", "abstract": "本发明&amp;amp;公开了<i>装置</i>。"}


def test_a_line_of_a_split_is_followed_to_its_row_and_through_its_cleaning(tmp_path: Path) -> None:
    folder = converted(tmp_path, [*patents(4), DIRTY], dev=0, test=0)

    found = explained(folder, "train:5")

    assert (found.place.file, found.place.row, found.place.record) == (str(tmp_path / "made.jsonl"), 5, 1)
    assert found.line == {"content": "一种 装置", "summary": "本发明&公开了装置。"}
    assert (found.source.state, found.row) == ("unchanged", DIRTY)
    assert found.record is not None
    assert found.record.made["response"] == DIRTY["abstract"]
    steps = [(change.side, change.step) for change in found.record.changes]
    assert steps[0] == ("prompt", "doubled_blanks")
    assert ("response", "entities") in steps
    assert found.record.changes[-1].after == found.line["summary"]
    assert [verdict.passed for verdict in found.verdicts] == [True] * 4


@pytest.mark.parametrize("options", [{"dev": 0.3, "test": 0.3}, {"dev": 9, "test": 12}])
def test_the_draw_proves_the_split_of_every_line(tmp_path: Path, options: dict[str, float]) -> None:
    folder = converted(tmp_path, patents(30), **options)
    dataset = PreparedDataset.open(folder)
    dev, test = (int(dataset.manifest["splits"]["thresholds"][name]) for name in ("dev", "test"))

    for split in SPLITS:
        for number in range(1, dataset.count(split) + 1):
            found = explained(folder, f"{split}:{number}")

            assert found.record is not None
            assert found.record.final["prompt"] == found.line["content"]
            assert found.draw is not None
            assert split == ("dev" if found.draw < dev else "test" if found.draw < test else "train")
            assert found.fate.startswith(f"{split}: its group '{found.line['content']}' drew 0.")


def test_a_rejected_record_names_the_rule_and_what_it_saw(tmp_path: Path) -> None:
    rules = filtered(content=LengthLimits(maximum=9))
    folder = converted(tmp_path, patents(12), rules=rules, dev=0, test=0)

    found = explained(folder, "rejected:2")

    assert found.place.row == 12
    assert [(verdict.rule, verdict.passed) for verdict in found.verdicts][-2:] == [
        ("same_sides", True),
        ("prompt_too_long", False),
    ]
    assert found.fate == "rejected at filter as prompt_too_long: above --max-content (10 chars, at most 9)"


def test_a_row_that_could_not_be_read_is_shown_as_it_is(tmp_path: Path) -> None:
    source = json_lines(tmp_path / "x.jsonl", patents(9))
    with source.open("a", encoding="utf-8") as stream:
        stream.write('{"title": "断')

    found = explained(converted_from([source], tmp_path), "rejected:1")

    assert found.row == {"raw": '{"title": "断'}
    assert found.record is None
    assert found.fate.startswith("rejected at read as damaged: ")


def test_a_duplicate_names_the_line_that_was_kept(tmp_path: Path) -> None:
    folder = converted(tmp_path, [*patents(9), *patents(1, first=4)], dev=0, test=0)

    found = explained(folder, "duplicates:1")

    source = tmp_path / "made.jsonl"
    assert found.fate == f"equal to an earlier record, train:5: {source}, row 5, record 1"
    assert found.place.row == 10


def test_a_conflict_names_the_answer_that_was_kept(tmp_path: Path) -> None:
    rows = [*patents(3), {**next(patents(1)), "abstract": "本发明另有说法。"}]
    folder = converted(tmp_path, rows, conflicts="first", dev=0, test=0)

    found = explained(folder, "rejected:1")

    assert found.fate.startswith("rejected at deduplicate as conflict")
    assert found.fate.endswith("; the prompt has its answer in train:1")


def test_the_records_of_a_dialogue_are_told_apart(tmp_path: Path) -> None:
    turns = [{"from": ("human", "gpt")[n % 2], "value": f"第{n}&amp;句"} for n in range(8)]
    folder = converted(tmp_path, [{"id": "1", "conversations": turns}], dev=0, test=0, max_history_turns=2)

    found = explained(folder, "train:4")

    assert found.place.record == 4
    assert found.record is not None
    assert found.record.final["history"] == found.line["history"]
    assert found.record.turns_cut == 1
    assert "history[1] question" in {change.side for change in found.record.changes}


def test_masked_personal_data_is_shown(tmp_path: Path) -> None:
    rows = [{"title": "联系人", "assignee": "甲", "abstract": "请致电13812345678联系。"}]
    folder = converted(tmp_path, rows, dev=0, test=0, rules=filtered(pii="mask"))

    [change] = explained(folder, "train:1").record.changes  # type: ignore[union-attr]

    assert (change.step, change.after) == ("personal_data_masked", "请致电138****5678联系。")


@pytest.mark.parametrize(("change", "state"), [("change", "changed"), ("remove", "gone")])
def test_without_its_source_it_goes_on_with_what_is_known(tmp_path: Path, change: str, state: str) -> None:
    rules = filtered(content=LengthLimits(maximum=9))
    folder = converted(tmp_path, patents(12), rules=rules, dev=0, test=0)
    source = tmp_path / "made.jsonl"
    if change == "change":
        source.write_text("changed")
    else:
        source.unlink()

    kept, rejected = explained(folder, "train:3"), explained(folder, "rejected:1")

    assert kept.source.state == rejected.source.state == state
    assert str(source) in kept.source.why
    assert (kept.row, kept.record, kept.place.row) == (None, None, 3)
    assert rejected.record is not None  # the ledger keeps the text of its row
    assert rejected.verdicts[-1].rule == "prompt_too_long"


def _packed(folder: Path, kind: str) -> Path:
    plain = json_lines(folder / "x.jsonl", patents(9))
    if kind == "gz":
        (folder / "x.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
        return folder / "x.jsonl.gz"
    if kind == "zip":
        with zipfile.ZipFile(folder / "x.zip", "w") as archive:
            archive.write(plain, "deep/x.jsonl")
        return folder / "x.zip"
    if kind == "folder":
        (folder / "crawl").mkdir()
        plain.rename(folder / "crawl" / "x.jsonl")
        return folder / "crawl"
    return table(folder / "x.csv", list(patents(9)), "gb18030")


@pytest.mark.parametrize("kind", ["gz", "zip", "folder", "csv"])
def test_the_row_is_found_whatever_it_lies_in(tmp_path: Path, kind: str) -> None:
    folder = converted_from([_packed(tmp_path, kind)], tmp_path, dev=0, test=0)

    found = explained(folder, "train:4")

    assert (found.source.state, found.row) == ("unchanged", list(patents(9))[3])


def test_a_replayed_record_is_followed_through_its_ledger(tmp_path: Path) -> None:
    first = converted(tmp_path, patents(12), rules=filtered(content=LengthLimits(maximum=9)), dev=0, test=0)
    again = converted_from([first / "rejected.jsonl"], tmp_path, name="again", dev=0, test=0)

    found = explained(again, "train:1")

    assert (found.source.state, found.place.row) == ("unchanged", 11)
    assert found.row is not None
    assert found.row["title"] == "一种第10号检测装置"


def test_joined_columns_and_named_columns_are_there_again(tmp_path: Path) -> None:
    titles = table(tmp_path / "t.csv", [{"编号": n, "甲": f"装置{n}"} for n in range(9)])
    others = table(tmp_path / "a.csv", [{"编号": n, "乙": f"本发明公开了装置{n}。"} for n in range(9)])
    options: dict[str, Any] = {"join": str(others), "on": "编号", "map": {"content": "甲", "summary": "乙"}}
    folder = converted_from([titles], tmp_path, domain="patent", dev=0, test=0, **options)

    found = explained(folder, "train:3")

    assert found.row == {"编号": "2", "甲": "装置2", "乙": "本发明公开了装置2。"}
    assert found.record is not None
    assert found.record.final["prompt"] == found.line["content"]


@pytest.mark.parametrize(
    ("id_", "expected"),
    [
        ("train:0", "no line 0; train has 9 lines"),
        ("train:10", "no line 10; train has 9 lines"),
        ("dev:1", "no line 1; dev is empty"),
        ("rejected:1", "no line 1; rejected is empty"),
        ("duplicates:1", "no line 1; duplicates is empty"),
        ("train", "no id 'train'; expected a line such as train:1 to train:9, or rejected:1, duplicates:1"),
        ("trian:1", "no id 'trian:1'; expected a line such as"),
        ("train:-1", "no id 'train:-1'"),
    ],
)
def test_an_id_that_is_not_there_says_what_is(tmp_path: Path, id_: str, expected: str) -> None:
    folder = converted(tmp_path, patents(9), dev=0, test=0)

    with pytest.raises(OptionError, match=re.escape(expected)):
        explained(folder, id_)


def test_an_id_may_be_copied_from_prep_validate(tmp_path: Path) -> None:
    folder = converted(tmp_path, patents(9), dev=0, test=0)

    assert explained(folder, "train.json:3").place == explained(folder, "train:3").place


def test_a_dataset_that_was_tampered_with_is_said_to_be(tmp_path: Path) -> None:
    folder = converted(tmp_path, patents(9), dev=0, test=0)
    (folder / "train.json").write_text("broken\n" * 9)
    (folder / "rejected.jsonl").unlink()

    with pytest.raises(DatasetError, match=r"train\.json:2: no JSON; the file was changed"):
        explained(folder, "train:2")
    with pytest.raises(DatasetError, match="cannot be read: No such file"):
        explained(folder, "rejected:1")
    (folder / "origins.parquet").unlink()
    with pytest.raises(DatasetError, match=r"origins\.parquet: cannot be read"):
        explained(folder, "train:2")


def test_the_command_tells_it_in_order(tmp_path: Path) -> None:
    folder = converted(tmp_path, [*patents(4), DIRTY], dev=0, test=0)

    outcome = run("explain", folder, "train:5")

    assert (outcome.code, outcome.err) == (0, "")
    heads = [line.split()[0] for line in outcome.out.splitlines() if not line.startswith(" ")]
    assert list(dict.fromkeys(heads)) == ["place", "source", "made", "cleaned", "record", "rule", "fate"]
    assert 'doubled_blanks in content: "一种  装置" -> "一种 装置"' in outcome.out


def test_the_command_takes_a_name_and_json(tmp_path: Path) -> None:
    converted(tmp_path, patents(9), dev=0, test=0)

    found = json.loads(run("explain", "made", "train:2", "--data", tmp_path, "--json").out)

    assert found["place"] == {
        "file": str(tmp_path / "made.jsonl"),
        "row": 2,
        "offset": found["place"]["offset"],
        "record": 1,
    }
    assert found["source"]["row"]["title"] == "一种第1号检测装置"
    assert found["record"]["final"]["prompt"] == "一种第1号检测装置"


def test_a_dataset_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    outcome = run("explain", tmp_path / "nowhere", "train:1")

    assert outcome.code == 1
    assert outcome.error == f"prep: {tmp_path / 'nowhere'}: no such dataset; make the dataset with prep convert"


def test_every_reject_of_a_real_file_is_explained(tmp_path: Path) -> None:
    source = shared("encyclopedia/baidubaike_items.json")
    folder = converted_from([source], tmp_path)
    rejected = read_lines(folder / "rejected.jsonl")

    fates = [explained(folder, f"rejected:{number}").fate for number in range(1, len(rejected) + 1)]

    assert len(fates) == 10
    assert all(fate.startswith("rejected at read as damaged") for fate in fates)
