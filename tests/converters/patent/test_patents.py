"""Names and abstracts of patents."""

from typing import Any

import polars as pl
import pytest

from converters.patent.bdci import BDCI
from converters.patent.table import PATENT_ABSTRACTS, PATENT_TABLE
from converters.patent.text_column import TEXT_COLUMN
from tests.converters.conversion import convert, detected, json_lines, tab_separated
from tests.shared_data import shared

ABSTRACT = "本发明公开了一种水泵，所述水泵包括泵体。"
XML_COLUMNS = ("title", "abstract", "publication_number", "application_number", "ipc", "applicant")
BDCI_FILES = [("bdci2022_patents_train.json", 958), ("bdci2022_patents_testA_subset.jsonl", 3139)]


def test_patents_of_one_name_are_one_group() -> None:
    row = {"id": "1", "title": "水泵", "assignee": "甲公司", "abstract": ABSTRACT, "label_id": 0}

    assert convert(BDCI, [row]) == [{"prompt": "水泵", "response": ABSTRACT, "group": "水泵"}]


def test_the_chinese_translation_is_preferred_to_the_original() -> None:
    row = {"标题": "Pump", "标题 (中文)": "水泵", "摘要": "A pump.", "摘要 (中文)": ABSTRACT, "申请号": "CN1"}

    assert convert(PATENT_TABLE, [row]) == [{"prompt": "水泵", "response": ABSTRACT, "group": "水泵"}]


@pytest.mark.parametrize(
    ("text", "title", "abstract"),
    [
        ("Title: 水泵\nKeywords: a; b\nAbstract: 甲。\n乙。", "水泵", "甲。\n乙。"),
        ("Title: 水泵\r\nAbstract: 甲。", "水泵", "甲。"),
        ("水泵 [SEP] a; b [SEP] 甲。", "水泵", "甲。"),
        ("水泵 [SEP] 甲。", "水泵", "甲。"),
        ("水泵", None, None),
    ],
)
def test_a_text_column_is_taken_apart(text: str, title: str | None, abstract: str | None) -> None:
    assert convert(TEXT_COLUMN, [{"text": text}]) == [{"prompt": title, "response": abstract, "group": title}]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"id": "1", "title": "泵", "assignee": "甲", "abstract": ABSTRACT, "label_id": 0}, "patent/bdci"),
        (dict.fromkeys(XML_COLUMNS, "a"), "patent/table"),
        ({"序号": "1", "标题": "泵", "摘要": "略", "申请号": "1", "公开（公告）号": "2", "IPC": "F04"}, "patent/table"),
        ({"申请号": "1", "专利名称": "泵", "摘要文本": "略", "主权项内容": "略", "IPC分类号": "F04"}, "patent/table"),
        ({"patent_id": "1", "patent_title": "Pump", "patent_abstract": "A pump."}, "patent/table"),
        ({"Lens ID": "1", "Title": "Pump", "Abstract": "A pump.", "Publication Number": "1"}, "patent/table"),
        ({"title": "泵", "abstract": ABSTRACT}, "patent/abstracts"),
        ({"发明名称": "泵", "摘要": ABSTRACT}, "patent/abstracts"),
        ({"publication_number": "1", "text": "泵 [SEP] a [SEP] 甲。", "labels": "[]"}, "patent/text_column"),
        ({"item": "1", "name": "泵", "filing_id": "1", "patentee": "甲"}, None),
        ({"id": "1", "title": "Pump", "assignee": "A", "priority date": "2019"}, None),
        ({"publication_number": "1", "text": "泵。"}, None),
    ],
)
def test_every_format_is_found_by_its_columns_and_what_lacks_a_side_is_not(row: dict[str, Any], name: str) -> None:
    assert detected([row]) == name


@pytest.mark.parametrize(("name", "count"), BDCI_FILES)
def test_real_patents_become_records_unchanged(name: str, count: int) -> None:
    rows = json_lines(shared(f"patent/{name}"))

    records = convert(BDCI, rows)

    assert detected(rows) == "patent/bdci"
    assert len(records) == count
    assert [(record["prompt"], record["response"]) for record in records] == [(r["title"], r["abstract"]) for r in rows]


@pytest.mark.parametrize(("name", "count"), BDCI_FILES)
def test_real_patents_are_known_by_their_language_and_papers_are_not_mistaken_for_them(name: str, count: int) -> None:
    patents = [{"title": row["title"], "abstract": row["abstract"]} for row in json_lines(shared(f"patent/{name}"))]
    papers = [{"title": row["2"], "abstract": row["1"]} for row in tab_separated(shared("paper/csl_ts_dev.tsv"))]
    hints = PATENT_ABSTRACTS.hints or ""

    shares = [pl.DataFrame(rows)["abstract"].str.contains(hints).mean() for rows in (patents, papers)]

    assert (detected(patents), detected(papers)) == ("patent/abstracts", "paper/table")
    assert shares[0] == pytest.approx(0.957, abs=0.01), f"{count} patents"
    assert shares[1] == 0


def test_the_real_text_column_gives_nineteen_records() -> None:
    table = pl.read_csv(shared("patent/chinese_patent_cpc_sample_train.bom.csv"), infer_schema=False)
    rows = table.filter(pl.col("text").is_not_null()).to_dicts()

    records = convert(TEXT_COLUMN, rows)

    assert detected(rows) == "patent/text_column"
    assert len(records) == 19
    assert all(record["prompt"] and record["response"] and "[SEP]" not in record["response"] for record in records)
    assert not any("Keywords:" in record["prompt"] + record["response"] for record in records)


@pytest.mark.parametrize(
    ("name", "encoding", "preamble"),
    [
        ("cnipa_2019_invention_published_709.gb18030.csv", "gb18030", 0),
        ("cnipa_2019_FINAL_no_text_columns.csv", "gb18030", 0),
        ("google_patents_biogas_BR.csv", "utf8", 1),
    ],
)
def test_real_tables_without_abstracts_are_claimed_by_nobody(name: str, encoding: str, preamble: int) -> None:
    path = shared(f"patent/{name}")
    table = pl.read_csv(path, infer_schema=False, encoding=encoding, skip_lines=preamble, n_rows=200)

    assert detected(table.to_dicts()) is None
