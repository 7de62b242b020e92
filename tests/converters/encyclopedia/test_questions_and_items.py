"""The formats of the encyclopedia domain that are no Wikipedia articles."""

import json
from typing import Any

import pytest

from converters.converter import ROW
from converters.encyclopedia.baidubaike import BAIDUBAIKE
from converters.encyclopedia.baike2018qa import BAIKE2018QA
from converters.encyclopedia.cmrc import CMRC_FLAT, SQUAD
from converters.encyclopedia.triples import CN_DBPEDIA, OWNTHINK
from converters.encyclopedia.webtext2019zh import WEBTEXT2019ZH
from tests.converters.conversion import convert, detected, json_lines
from tests.shared_data import shared


def _answer(**changes: Any) -> dict[str, Any]:
    row = {"qid": 7, "title": "为何？", "desc": "", "topic": "机器", "star": 3, "content": "因为。", "answer_id": 1}
    return row | changes


@pytest.mark.parametrize(
    ("title", "desc", "prompt"),
    [
        ("为何？ ", "", "为何？"),
        ("为何？ ", "为何？", "为何？"),
        ("为何？", None, "为何？"),
        ("为何？", "请说明。\r\r谢谢", "为何？\n请说明。\n\n谢谢"),
    ],
)
def test_a_description_joins_the_question_when_it_says_more(title: str, desc: str | None, prompt: str) -> None:
    row = {"qid": "q1", "category": "生活", "title": title, "desc": desc, "answer": "因为。\r\r所以。"}

    assert convert(BAIKE2018QA, [row]) == [{"prompt": prompt, "response": "因为。\n\n所以。"}]


def test_answers_of_one_question_form_a_group_and_are_ranked_by_their_stars() -> None:
    records = convert(WEBTEXT2019ZH, [_answer(star=3), _answer(star="12"), _answer(star=None), _answer(qid=None)])

    assert [record["rank"] for record in records] == [3, 12, 0, 3]
    assert [record["group"] for record in records] == ["7", "7", "7", "为何？"]


def test_a_crawled_item_gives_its_summary_whole() -> None:
    row = {"itemSummary": " 甲是乙 ", "itemUrls": "https://a.example", "itemTitle": "甲"}

    assert convert(BAIDUBAIKE, [row]) == [{"prompt": "甲", "response": " 甲是乙 "}]


def test_a_passage_is_whole_and_every_passage_of_an_article_is_a_record_of_its_row() -> None:
    passages = [{"context": "甲。" * 400}, {"context": "乙-{系}-。"}]

    records = convert(SQUAD, [{"title": "子", "paragraphs": passages}, {"title": "丑", "paragraphs": []}])

    assert records == [
        {ROW: 1, "prompt": "子", "response": "甲。" * 400},
        {ROW: 1, "prompt": "子", "response": "乙系。"},
        {ROW: 2, "prompt": "丑", "response": None},
    ]


def test_of_triples_only_descriptions_become_records() -> None:
    triples = [("词条", "描述", "词条是词目。"), ("词条", "标签", "文化"), ("词条", None, "无")]

    records = convert(OWNTHINK, [dict(zip(("实体", "属性", "值"), triple, strict=True)) for triple in triples])

    assert [record["reason"] for record in records] == [None, "other_relation", "other_relation"]
    assert records[0] | {"reason": None} == {"prompt": "词条", "response": "词条是词目。", "reason": None}


def test_headerless_triples_are_known_by_their_relations() -> None:
    rows = [{"0": "词条", "1": relation, "2": "甲"} for relation in ("BaiduCARD", "BaiduTAG", "别名", "中文名")]

    assert detected(rows) == "encyclopedia/cn_dbpedia"
    assert detected(rows[2:]) is None
    assert [record["reason"] for record in convert(CN_DBPEDIA, rows[:2])] == [None, "other_relation"]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"qid": "1", "category": "甲", "title": "甲", "desc": "", "answer": "乙"}, "encyclopedia/baike2018qa"),
        (_answer(), "encyclopedia/webtext2019zh"),
        ({"itemSummary": "甲", "itemUrls": "u", "itemTitle": "甲"}, "encyclopedia/baidubaike"),
        ({"context_id": "1", "context_text": "甲", "qas": [], "title": "乙"}, "encyclopedia/cmrc"),
        ({"title": "甲", "id": "1", "paragraphs": [{"context": "乙"}]}, "encyclopedia/squad"),
        ({"实体": "甲", "属性": "描述", "值": "乙"}, "encyclopedia/ownthink"),
    ],
)
def test_every_format_is_found_by_its_columns(row: dict[str, Any], name: str) -> None:
    assert detected([row]) == name


def test_real_passages_all_become_records() -> None:
    flat = json.loads(shared("encyclopedia/cmrc2018_dev_flat.json").read_text(encoding="utf-8"))
    squad = json.loads(shared("encyclopedia/cmrc2018_squad_trial.json").read_text(encoding="utf-8"))["data"]

    flat_records, squad_records = convert(CMRC_FLAT, flat), convert(SQUAD, squad)

    assert (len(flat_records), sum(not record["prompt"] for record in flat_records)) == (848, 2)
    assert (len(squad_records), sum(not record["prompt"] for record in squad_records)) == (256, 0)
    assert not any("-{" in record["response"] for record in flat_records + squad_records)


def test_real_examples_of_question_collections_become_records() -> None:
    (baike,) = convert(BAIKE2018QA, json_lines(shared("encyclopedia/baike2018qa_readme_example.jsonl")))
    (webtext,) = convert(WEBTEXT2019ZH, json_lines(shared("encyclopedia/webtext2019zh_readme_example.jsonl")))

    assert baike["prompt"] == "冬天进补好一些呢，还是夏天进步好啊？"
    assert "\r" not in baike["response"]
    assert (webtext["group"], webtext["rank"], len(webtext["response"])) == ("65618973", 3, 207)
