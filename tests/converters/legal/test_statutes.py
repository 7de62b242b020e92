import pytest

from converters.legal.statutes import STATUTES
from tests.converters.converting import converted


def sides(law: str, text: str) -> tuple[str, str]:
    records = converted(STATUTES, [{"0": "民法商法", "1": law, "2": text}])
    prompt, response = records.select("prompt", "response").row(0)
    return prompt, response


def test_an_article_goes_by_its_law_and_number() -> None:
    assert sides("某法2018-10-26", "第二十一条 不得损害公司。") == (
        "某法2018-10-26 第二十一条",
        "第二十一条 不得损害公司。",
    )


@pytest.mark.parametrize("number", ["第一条", "第一百零三条", "第一百二十条之一", "第12条"])
def test_numbers_of_articles_have_many_forms(number: str) -> None:
    assert sides("某法", f"{number} 甲。")[0] == f"某法 {number}"


def test_what_has_no_number_goes_by_its_law_alone() -> None:
    assert sides("某标准2014-01-01", "参照第三条的规定。")[0] == "某标准2014-01-01"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("第一条 甲：,（一）乙；,（二）丙。,丁,戊", "第一条 甲：\n（一）乙；\n（二）丙。\n丁,戊"),
        (r'"甲\n","乙\n"', "甲\n乙"),
        ('["甲","乙"', "甲\n乙"),
        ('"甲","乙"]', "甲\n乙"),
        (r"甲\n乙", "甲\n乙"),
        ("[1999年通过,2004年修正", "1999年通过,2004年修正"),
        ("[1999年通过]本法", "[1999年通过]本法"),
        ('他说"甲"。', '他说"甲"。'),
    ],
)
def test_the_broken_list_notation_becomes_lines(written: str, meant: str) -> None:
    assert sides("某法", written)[1] == meant
