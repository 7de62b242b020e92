"""Numbers in Chinese text by their value: 120, １２０, 一百二十 and 1.2百 are one number.

Left out: digits that count nothing (一些, 十分, 万一, 三三两两), and the numbers of a list's lines. So a Chinese number
must be followed by what it counts, or be longer than one sign with a digit in it. Units are not converted.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from unicodedata import normalize

DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}
SIGNS = "零〇一二三四五六七八九两十百千万亿"

_UNITS = (
    "年|月|日|号|岁|周年|周|天|小时|分钟|秒|个月|个工作日|元|万元|亿元|美元|倍|成|折|度|"
    "米|厘米|毫米|公里|千米|克|千克|公斤|吨|升|毫升|平方|立方|人|名|亩|公顷|级|层|章|节|卷|届|期|位|次|种|项|款|条|个"
)
_ARABIC = r"(?<![A-Za-z_\d.])(?P<arabic>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<power>[十百千万亿]*)"
_SHARE = rf"(?P<whole>[{SIGNS}]+)分之(?P<part>[{SIGNS}]+(?:点[{SIGNS}]+)?)"
_POINT = rf"(?P<point>[{SIGNS}]+点[零〇一二三四五六七八九]+)"
_CHINESE = rf"(?P<chinese>[{SIGNS}]+)(?P<unit>{_UNITS})?"
_NUMBER = re.compile(f"{_ARABIC}|{_SHARE}|{_POINT}|{_CHINESE}")
_LIST_NUMBER = re.compile(r"^\s*(?:[(（]\d{1,2}[)）]|\d{1,2}(?:[)）、]|[.．](?!\d)))", re.MULTILINE)
_BARE = frozenset("零〇十百千万亿")
_VAGUE_UNITS = frozenset(
    ("个", "种", "次", "位", "名", "人", "年", "天", "日", "层", "级", "度", "项", "条", "期", "成", "周")
)


def numbers(text: str) -> Iterator[str]:
    """The value of each number, in order, as its shortest decimal."""
    for found in _NUMBER.finditer(_LIST_NUMBER.sub(" ", normalize("NFKC", text))):
        if found["arabic"]:
            yield _shown(Decimal(found["arabic"].replace(",", "")) * _power(found["power"]))
        elif found["part"]:
            yield from _share(found["whole"], found["part"])
        elif found["point"]:
            yield _shown(_decimal(found["point"]))
        elif _counts(found["chinese"], found["unit"]):
            yield _shown(Decimal(value_of(found["chinese"])))


def value_of(signs: str) -> int:
    """Of Arabic or Chinese digits: 一百二十, 二〇二〇, 两千零八, 1987."""
    if signs.isdecimal():
        return int(signs)
    if all(sign in DIGITS for sign in signs):
        return int("".join(str(DIGITS[sign]) for sign in signs))
    total = section = digit = 0
    for sign in signs:
        if sign in DIGITS:
            digit = DIGITS[sign]
        elif sign in _POWERS:
            section, digit = section + (digit or 1) * _POWERS[sign], 0
        else:
            finished = total if sign == "亿" else 0  # 一万亿, but 一亿两千万
            total += (finished + section + digit) * _MYRIADS[sign] - finished
            section = digit = 0
    return total + section + digit


def _counts(signs: str, unit: str | None) -> bool:
    """Whether these signs say how many: neither 一个 (a), 万一 (lest) nor 十分 (very)."""
    if signs[0] not in DIGITS and signs[0] != "十":
        return False
    if unit is not None:
        return not (signs == "一" and unit in _VAGUE_UNITS)
    return len(signs) > 2 and not _BARE.isdisjoint(signs)


def _power(signs: str) -> int:
    power = 1
    for sign in signs:
        power *= (_POWERS | _MYRIADS)[sign]
    return power


def _share(whole: str, part: str) -> Iterator[str]:
    """百分之五 says 5; 三分之一 says 3 and 1, as 1/3 does."""
    if whole not in {"百", "千", "万"}:
        yield _shown(Decimal(value_of(whole)))
    yield _shown(_decimal(part))


def _decimal(signs: str) -> Decimal:
    before, _, after = signs.partition("点")
    return Decimal(f"{value_of(before)}.{''.join(str(DIGITS.get(sign, 0)) for sign in after) or 0}")


def _shown(value: Decimal) -> str:
    return f"{value.normalize():f}"
