import pytest

from train.metrics.facts.numerals import numbers, value_of


@pytest.mark.parametrize(
    ("signs", "value"),
    [
        ("一百二十", 120),
        ("十五", 15),
        ("二十", 20),
        ("两千零八", 2008),
        ("一千零七十九", 1079),
        ("二〇二〇", 2020),
        ("一九九八", 1998),
        ("三万五千", 35000),
        ("一亿两千万", 120_000_000),
        ("120", 120),
    ],
)
def test_signs_have_their_value(signs: str, value: int) -> None:
    assert value_of(signs) == value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("120、１２０、一百二十", ["120", "120", "120"]),
        ("３．５米和１，０００元", ["3.5", "1000"]),
        ("3.5万元和35,000元", ["35000", "35000"]),
        ("百分之五十，50%", ["50", "50"]),
        ("三分之一", ["3", "1"]),
        ("三点五米，3.50米", ["3.5", "3.5"]),
        ("二〇二〇年五月六日，2020年5月6日", ["2020", "5", "6", "2020", "5", "6"]),
        ("处三年以上十年以下有期徒刑", ["3", "10"]),
        ("A4纸、mp3、v2.1", []),
        ("十分重要，万一一个人，千万别，三三两两，一些，一心一意，五颜六色，一年四季", []),
        ("1. 先\n 2、再\n（3）后\n3.5米", ["3.5"]),
        ("", []),
    ],
)
def test_numbers_are_found_by_their_value_and_words_that_only_look_so_are_not(text: str, found: list[str]) -> None:
    assert [*numbers(text)] == found
