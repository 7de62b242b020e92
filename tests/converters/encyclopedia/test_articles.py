"""Wikipedia articles, extracted and as dumps."""

from typing import Any

import pytest

from converters.encyclopedia.mediawiki import MEDIAWIKI
from converters.encyclopedia.wiki2019zh import WIKI2019ZH
from tests.converters.conversion import convert, detected, json_lines
from tests.shared_data import shared


def _extracted(title: str, text: str) -> dict[str, Any]:
    return {"id": "1", "url": "https://a.example/1", "title": title, "text": text}


def _page(title: str, text: str | None, ns: str = "0", redirect: str | None = None) -> dict[str, Any]:
    return {"title": title, "ns": ns, "redirect": redirect, "text": text, "timestamp": "2019-02-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("铜\n\n铜是金属。\n\n铜的用途有：\n\n电线", "铜是金属。"),
        ("铜是金属。\n", "铜是金属。"),
        ("铜\n\n-{H|zh-hans:铜;zh-hant:銅}-\n\n铜是金属。", "铜是金属。"),
    ],
)
def test_an_extracted_article_gives_its_lead_without_the_title_line(text: str, lead: str) -> None:
    records = convert(WIKI2019ZH, [_extracted("铜", text)])

    assert records == [{"prompt": "铜", "response": lead, "reason": None}]


@pytest.mark.parametrize(
    ("title", "text", "reason"),
    [
        ("模式", "模式可以指：\n", "disambiguation"),
        ("模式", "模式可能是指下列事物:\n\n甲", "disambiguation"),
        ("模式", "模式可以指", "disambiguation"),
        ("模式（消歧义）", "甲。", "disambiguation"),
        ("金属列表", "这里列出金属。", "list_page"),
        ("金属列表 (A-M)", "这里列出金属。", "list_page"),
        ("科学大事年表", "按时间排列。", "list_page"),
        ("2003年7月", "2003年7月的新闻事件：\n\n甲", "list_page"),
        ("列表", "列表是一种数据结构。", None),
        ("模式", "模式可以指甲，也可以指乙。", None),
        ("史家", "史家撰写历史。可以分类，例如：\n\n甲", None),
    ],
)
def test_what_only_looks_like_an_article_says_why(title: str, text: str, reason: str | None) -> None:
    (record,) = convert(WIKI2019ZH, [_extracted(title, f"{title}\n\n{text}")])

    assert record["reason"] == reason


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (_page("甲", "'''甲'''是乙。"), None),
        (_page("讨论:甲", "甲是乙。", ns="1"), "other_namespace"),
        (_page("甲", "#REDIRECT [[乙]]", redirect="乙"), "redirect"),
        (_page("甲", "#重定向 [[乙]]"), "redirect"),
        (_page("甲", "'''甲'''是：\n* [[乙]]\n{{disambig}}"), "disambiguation"),
        (_page("甲", "'''甲'''是人名。\n{{人名消歧义}}"), "disambiguation"),
        (_page("甲", "甲是乙。{{消歧义链接|丙}}"), None),
        (_page("甲列表", "以下是[[甲]]。"), "list_page"),
        (_page("甲", "'''甲'''的种类：\n* [[乙]]"), "list_page"),
    ],
)
def test_pages_of_a_dump_are_articles_or_say_why_not(page: dict[str, Any], reason: str | None) -> None:
    (record,) = convert(MEDIAWIKI, [page])

    assert record["reason"] == reason
    assert record["prompt"] == page["title"]


def test_an_article_of_a_dump_gives_the_plain_text_before_its_first_heading() -> None:
    text = "{{Infobox|a=b}}\n'''甲'''（{{lang-en|A}}）是[[乙|丙]]。<ref>丁</ref>\n\n第二段。\n\n== 历史 ==\n后文。"

    (record,) = convert(MEDIAWIKI, [_page("甲", text)])

    assert record["response"] == "甲（A）是丙。\n第二段。"


def test_a_page_without_text_is_still_there() -> None:
    assert convert(MEDIAWIKI, [_page("甲", None)]) == [{"prompt": "甲", "response": None, "reason": None}]


def test_extracted_articles_and_dumps_are_told_apart() -> None:
    assert detected([_extracted("甲", "甲\n\n甲是乙。")]) == "encyclopedia/wiki2019zh"
    assert detected([_page("甲", "'''甲'''是乙。")]) == "encyclopedia/mediawiki"


def test_a_real_shard_loses_exactly_its_disambiguation_and_its_lists() -> None:
    rows = json_lines(shared("encyclopedia/wiki2019zh_AA_wiki_00.jsonl"))

    records = convert(WIKI2019ZH, rows)

    dropped = {record["prompt"]: record["reason"] for record in records if record["reason"]}
    leads = [record["response"] for record in records if not record["reason"]]
    assert dropped == {
        "设计模式": "disambiguation",
        "中国计算机科学大事年表": "list_page",
        "2003年7月": "list_page",
        "操作系统列表": "list_page",
        "语言列表": "list_page",
    }
    assert len(leads) == 59
    assert all(len(lead) <= 512 and lead.endswith("。") and "-{" not in lead for lead in leads)
