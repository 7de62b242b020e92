"""Wikitext to plain text."""

import subprocess
import sys

import polars as pl
import pytest

from converters.wikitext import chosen_variants, lead_section, plain_text


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("-{zh-hans:甲;zh-hant:乙}-", "甲"),
        ("-{zh-tw:资讯;zh-hans:信息}-", "信息"),
        ("-{zh-hant:乙; zh-cn:甲;}-", "甲"),
        ("-{zh-tw:乙;zh-hk:丙}-", "乙"),
        ("-{A|zh-hans:甲;zh-hant:乙}-", "甲"),
        ("体-{系}-结构", "体系结构"),
        ("-{H|zh-hant:心里学;zh-hans:心里学;}-正文", "正文"),
        ("-{T|zh-hans:材料科学; zh-hant:材料科学}-\n正文", "\n正文"),
        ("a-{b", "a-{b"),
    ],
)
def test_one_variant_of_chinese_is_kept(text: str, chosen: str) -> None:
    frame = pl.DataFrame({"text": [text]})

    assert frame.select(chosen_variants(pl.col("text"))).item() == chosen


@pytest.mark.parametrize(
    ("wikitext", "plain"),
    [
        ("'''甲'''是''乙''", "甲是乙"),
        ("[[甲|乙]]和[[丙]]", "乙和丙"),
        ("甲<ref name='a'>出处{{cite|x}}</ref><ref name='a'/>乙", "甲乙"),
        ("{{Infobox|名=[[甲]]|{{lang|en|x}}}}正文", "正文"),
        ("甲（{{lang-en|Alpha}}）", "甲（Alpha）"),
        ("甲（{{lang|el|ἄλφα}}，{{bd|1866年}}）", "甲（ἄλφα）"),
        ("{{nowrap|甲 {{lang-en|b}}}}", "甲 b"),
        ("[[File:a.jpg|thumb|说明 [[甲]]]]正文[[分类:甲]][[Category:乙]]", "正文"),
        ("[[:分类:甲|甲类]]", "甲类"),
        ("[[en:Alpha]]正文", "正文"),
        ("{|\n|表\n|}正文", "正文"),
        ("<!-- 注 -->甲<br/>乙", "甲 乙"),
        ("H<sub>2</sub>O", "H2O"),
        ("[http://a.example 甲]", "甲"),
        ("__NOTOC__甲&nbsp;乙", "甲&nbsp;乙"),
        ("{{lang|en}}甲", "甲"),
        ("-{zh-hans:[[计算机]];zh-hant:[[電腦]]}-", "计算机"),
        ("没有标记 2 > 1", "没有标记 2 > 1"),
        ("没有闭合 [[甲 {{乙", "没有闭合 [[甲 {{乙"),
    ],
)
def test_a_page_shows_its_running_text(wikitext: str, plain: str) -> None:
    frame = pl.DataFrame({"text": [wikitext]})

    assert frame.select(plain_text(pl.col("text"))).item().strip() == plain


def test_the_lead_section_ends_at_the_first_heading() -> None:
    frame = pl.DataFrame({"text": ["甲 == 乙。\n\n丙。\n== 历史 ==\n丁。", "没有标题。", None]})

    leads = frame.select(lead_section(pl.col("text"))).to_series().to_list()

    assert leads == ["甲 == 乙。\n\n丙。", "没有标题。", None]


def test_the_parser_is_loaded_only_for_texts_with_markup() -> None:
    program = (
        "import sys, polars as pl; from converters.wikitext import plain_text;"
        "pl.DataFrame({'text': [sys.argv[1], None]}).select(plain_text(pl.col('text')));"
        "sys.exit('mwparserfromhell' in sys.modules)"
    )

    loaded = [
        subprocess.run([sys.executable, "-c", program, text], check=False).returncode for text in ("甲", "[[甲]]")
    ]

    assert loaded == [0, 1]
