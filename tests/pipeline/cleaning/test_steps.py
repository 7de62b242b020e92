"""What each step does to texts, as tables: the name of a step or a domain's chain, a text before and after."""

import re
from pathlib import Path

import polars as pl
import pytest

from pipeline.cleaning.clean import clean
from pipeline.cleaning.registry import STEPS, steps_for
from schemas.records import DOMAINS


def cleaned(text: str, *, step: str | None = None, domain: str = "instruct") -> str:
    assert domain in DOMAINS
    steps = [STEPS[step]] if step else steps_for(domain)
    return clean(pl.Series([text]), steps)[0][0]


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("entities", "年龄&gt;40岁", "年龄>40岁"),
        ("entities", "&amp;amp;lt;正&amp;gt;", "<正>"),
        ("entities", "&#39;a&#x27;&quot;&QUOT;", "'a'\"\""),
        ("entities", "AT&T; &foo; &notit; a&ltb R&D &#0; &#xD800; ?a=1&copy=2", None),
        ("tags", "青霉（<i>Penicillium</i><i>sp.</i>）", "青霉（Penicilliumsp.）"),
        ("tags", "H<SUB>2</SUB>O 和 <b><i>x</i></b>", "H2O 和 x"),
        ("tags", '<span class="k"><font color=red>甲</font></span><a href="x?a=1">乙</a>', "甲乙"),
        ("tags", "甲<br>乙 <br />\n丙<BR clear='all'>丁", "甲\n乙\n丙\n丁"),
        ("tags", "<p>甲</p>\n<p>乙</p>", "\n\n甲\n\n乙\n\n"),
        ("tags", "<UNK>x<5，a<b，List<i>，<正>，<b>未闭合，</sup>", None),
        ("style_tags", "水是 H<sub>2</sub>O。", "水是 H2O。"),
        ("style_tags", "<b>整段是 HTML</b>", None),
        ("style_tags", "写 <b>粗</b>：<p>段</p>", None),
        ("line_ends", "你好！\r\r当然\r\n是\r\r\n的\u2028呢\x0b吧", "你好！\n\n当然\n是\n的\n呢\n吧"),
        ("controls", "a\x00b\x1fc\x7fd\x81e\uffff\tf\n", "abcde\tf\n"),
        ("invisible", "产品\u200b\u200b的\ufeff利\xad润\u202e", "产品的利润"),
        ("invisible", "🏃\u200d♂️ 👩🏽\u200d💻 می\u200cخواهم", None),
        ("plain_blanks", "\u3000\u3000为了\n \u3000探明\u3000微\xa0生\u2009物", "为了\n探明 微 生 物"),
        ("plain_blanks", "\xa0\xa0return x", "  return x"),
        ("tabs", "a\tb", "a b"),
        ("indents", "a\n    b\n\tc", "a\nb\nc"),
        ("doubled_blanks", "我想离婚  我们   分居", "我想离婚 我们 分居"),
        ("doubled_blanks", "  - 狗\n    - 猫\n2   |  3", None),
        ("line_tails", "a  \nb\t\n\nc ", "a\nb\n\nc "),
        ("edges", "\n 甲乙\u3000\n", "甲乙"),
        ("wraps", "采用修正\n的参数，\n建立", "采用修正的参数，建立"),
        ("wraps", "采用 \n Rodrigues 参数(MRP)\n的模型", "采用Rodrigues 参数(MRP)的模型"),
        (
            "wraps",
            "We show that\nthe state-\nof-the-art is\n0.05 better.\nIt",
            "We show that the state-of-the-art is 0.05 better. It",
        ),
        ("wraps", "有效。\n方法：\n1. 甲\n2. 乙\n\n丙", None),
        ("wraps", "如下：\n\u3000\u3000材料与方法\n\u3000\u3000供试果园", "如下：\n\n材料与方法\n\n供试果园"),
        ("wraps", "It ends here.\n  We go on", "It ends here.\n\nWe go on"),
        ("empty_brackets", "生物科学（）、生命", "生物科学、生命"),
        ("empty_brackets", "邓兆棠（，），香港", "邓兆棠，香港"),
        ("empty_brackets", "林永康，()，香港", "林永康，香港"),
        ("empty_brackets", "生物学（；；德语：；法语：）或", "生物学或"),
        ("empty_brackets", "某人（，1900年；）是", "某人（1900年）是"),
        ("empty_brackets", "调用 malloc() 之后 f(, ) ", None),
        ("reference_marks", "办学。[1]\xa0\n1955年[2-3]，后[注 1]来。[4,5]", "办学。1955年，后来。"),
        ("reference_marks", "区间[1,2]上 a[0] [来源]", None),
        ("width", "ＡＢＣ１２３，他说,好.", "ABC123，他说，好。"),
        ("width", "P<0.05,共1,000例.结果", "P<0.05,共1,000例。结果"),
        ("nfkc", "ﬁ①㎡　，", "fi1m2 ,"),
        ("simplified", "漢語裡面", "汉语里面"),
    ],
)
def test_a_step_changes_this_and_only_this(step: str, before: str, after: str | None) -> None:
    assert cleaned(before, step=step) == (before if after is None else after)


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize(
    "text",
    [
        "是一款<UNK>的牛仔外套，<UNK>",
        "若 x<5 且 a<b>c",
        "<正>本文",
        "Map<String, List<i>> 与 vector<int>",
        "看：\n```html\n<b>x</b>  &lt;  \t\u200b\n\n\n（）[1]\r\n```\n完",
        "用 `<b>x</b>  &amp;` 标签",
        "没有关上：\n```py\nx =  1  \n",
        "字面的 \\n 和 \\t 留着",
    ],
)
def test_code_and_what_only_looks_like_markup_stays(domain: str, text: str) -> None:
    assert cleaned(text, domain=domain) == text


@pytest.mark.parametrize(
    ("domain", "before", "after"),
    [
        ("instruct", "  def f(x):\n\tif x:  \n\t\treturn x", "def f(x):\n\tif x:\n\t\treturn x"),
        ("instruct", "&lt;p&gt;这是一个段落&lt;/p&gt;", "<p>这是一个段落</p>"),
        ("instruct", "| 服务 | 管理<br> - 即时 |  |", None),
        ("legal", " 我\t老公  朋友\r\n    怂恿 ", "我 老公 朋友\n怂恿"),
        ("paper", "报告如下：<br>\u3000\u30001材料与方法", "报告如下：\n\n1材料与方法"),
        ("paper", "P&lt;0.05 &amp;lt;i&amp;gt;E. coli&amp;lt;/i&amp;gt;", "P<0.05 E. coli"),
        ("encyclopedia", "三晋首邑[1]\xa0\n”，属于", "三晋首邑”，属于"),
        ("encyclopedia", "\u200b（\u200b）\xa0", ""),
        ("patent", "一种基于\n深度学习的\n方法", "一种基于深度学习的方法"),
    ],
)
def test_the_chain_of_a_domain_does_this(domain: str, before: str, after: str | None) -> None:
    assert cleaned(before, domain=domain) == (before if after is None else after)


def test_every_step_has_one_way_to_work_and_says_what_it_does() -> None:
    for step in STEPS.values():
        assert (step.apply is None) != (step.python is None), step.name
        assert step.about


def test_the_page_on_cleaning_has_the_steps_in_their_order() -> None:
    page = (Path(__file__).parents[3] / "docs" / "cleaning.md").read_text("utf-8")

    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(STEPS)
