"""``--join``: columns of another file by a key; whoever finds no partner is rejected by name."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.convert import Conversion, convert_sources
from pipeline.options import ConvertOptions
from schemas.errors import FormatError, OptionError, SourceError
from tests.pipeline.converting import records
from tests.running import json_lines, read_lines, table

TITLES = [{"patent_id": n, "title": f"装置{n}"} for n in range(1, 6)]
ABSTRACTS = [{"Patent_ID": n, "abstract": f"本发明公开了装置{n}。"} for n in (3, 1, 2, 9)]


def joined(folder: Path, titles: Path, abstracts: Path, on: str = "patent_id", **options: Any) -> Conversion:
    asked = ConvertOptions(join=str(abstracts), on=on, domain="patent", dev=0, test=0, **options)
    return convert_sources([str(titles)], asked, out=folder / "data")


def test_rows_find_their_partner_whatever_the_order_and_the_container(tmp_path: Path) -> None:
    titles = json_lines(tmp_path / "titles.jsonl", TITLES[:3])
    abstracts = table(tmp_path / "abstracts.csv", ABSTRACTS, "gb18030")

    done = joined(tmp_path, titles, abstracts)

    assert done.path is not None
    assert records(done.path) == [{"content": f"装置{n}", "summary": f"本发明公开了装置{n}。"} for n in (1, 2, 3)]


def test_a_row_without_partner_is_rejected_with_its_key(tmp_path: Path) -> None:
    titles = json_lines(tmp_path / "titles.jsonl", [*TITLES, {"title": "没有编号"}])
    abstracts = table(tmp_path / "abstracts.csv", ABSTRACTS)

    done = joined(tmp_path, titles, abstracts, max_reject_rate=1)

    assert done.path is not None
    ledger = read_lines(done.path / "rejected.jsonl")
    assert [(entry["row"], entry["reason"], entry["detail"]) for entry in ledger] == [
        (4, "no_partner", "patent_id = 4"),
        (5, "no_partner", "patent_id = 5"),
        (6, "no_partner", "patent_id = null"),
    ]
    assert done.manifest["rows"]["rejected"] == {"no_partner": 3}


def test_what_is_of_no_use_in_the_joined_file_is_counted(tmp_path: Path) -> None:
    titles = json_lines(tmp_path / "titles.jsonl", TITLES[:3])
    abstracts = json_lines(tmp_path / "abstracts.jsonl", [*ABSTRACTS, {"abstract": "无主"}, ABSTRACTS[0], ABSTRACTS[1]])
    with abstracts.open("a") as stream:
        stream.write('{"Patent_ID": 5, "abst\n')

    done = joined(tmp_path, titles, abstracts)

    assert done.manifest["sources"][0]["facts"]["joined with"] == (
        f"{abstracts} on patent_id (4 rows, 1 unreadable, 1 without Patent_ID, 2 with a repeated one)"
    )


@pytest.mark.parametrize(
    ("rows", "on", "expected"),
    [
        (ABSTRACTS, "id", "titles.jsonl: --on id: no such column; found patent_id, title"),
        ([{"id": 1, "abstract": "本发明"}], "patent_id", "abstracts.jsonl: --on patent_id: no such column; found id"),
    ],
)
def test_a_key_that_is_not_there_is_named(tmp_path: Path, rows: list[dict[str, Any]], on: str, expected: str) -> None:
    titles = json_lines(tmp_path / "titles.jsonl", TITLES)
    abstracts = json_lines(tmp_path / "abstracts.jsonl", rows)

    with pytest.raises(FormatError) as refused:
        joined(tmp_path, titles, abstracts, on=on)

    assert expected in str(refused.value)


def test_a_folder_of_files_cannot_be_joined(tmp_path: Path) -> None:
    titles = json_lines(tmp_path / "titles.jsonl", TITLES)
    (tmp_path / "many").mkdir()
    for name in "ab":
        json_lines(tmp_path / "many" / f"{name}.jsonl", ABSTRACTS)

    with pytest.raises(SourceError, match="expected one table, found 2"):
        joined(tmp_path, titles, tmp_path / "many")


def test_lists_cannot_be_joined(tmp_path: Path) -> None:
    questions = json_lines(tmp_path / "q.jsonl", [{"id": n, "query": f"第{n}问"} for n in range(3)])
    others = json_lines(tmp_path / "a.jsonl", [{"id": n, "laws": ["第一条"], "response": "答"} for n in range(3)])
    options = ConvertOptions(join=str(others), on="id", format="legal/lawyer_llama")

    with pytest.raises(
        (FormatError, OptionError), match="laws would have to be a list; only columns of text can be joined"
    ):
        convert_sources([str(questions)], options, out=tmp_path / "data")
