import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.stats import dataset_statistics
from pipeline.stats.histogram import bars, needs_log_scale
from pipeline.stats.lengths import distribution
from pipeline.stats.page import page
from pipeline.stats.terminal import display_width, fit, pad, report
from schemas.statistics import DatasetStatistics

NASTY_NAME = "<img src=x onerror=1>&数据"


@pytest.fixture
def statistics(tmp_path: Path) -> DatasetStatistics:
    path = tmp_path / NASTY_NAME
    line = '{"prompt": "合同<b>纠纷</b>", "response": "%s", "history": [["问", "答"]]}\n'
    path.write_text("".join(line % ("法院" * number) for number in range(1, 200)), encoding="utf-8")
    return dataset_statistics(path)


@pytest.mark.parametrize("counts", [{5: 1}, {0: 3, 1: 1}, {3: 9, 4: 1, 500: 2}, dict.fromkeys(range(40, 90), 2)])
def test_every_record_is_in_one_bar(counts: dict[int, int]) -> None:
    lengths = distribution("content", "chars", counts)

    drawn = bars(lengths, 12)

    assert sum(bar.records for bar in drawn) == lengths.count
    assert (drawn[0].low, len(drawn) <= 12) == (lengths.minimum, True)
    assert drawn[-1].high >= lengths.maximum
    assert all(left.high + 1 == right.low for left, right in pairwise(drawn))


def test_only_lengths_that_tower_ask_for_a_logarithmic_scale() -> None:
    assert needs_log_scale(distribution("history", "chars", {10: 90, 2000: 1}))
    assert not needs_log_scale(distribution("content", "chars", {10: 90, 40: 9}))


def test_a_chinese_character_takes_two_columns() -> None:
    assert display_width("对话ab") == 6
    assert pad("对话", 6, left=True) == "对话  "
    assert fit("对话对话", 5) == "对话…"


def test_columns_are_aligned_whatever_the_names(statistics: DatasetStatistics) -> None:
    text = report([statistics], width=80)

    table = text.split("\n\n")[1].splitlines()
    ends = {display_width(line[: line.index("199") + 3]) for line in table[1:]}
    assert len(ends) == 1
    assert "\x1b" not in text


def test_bars_stay_within_the_terminal(statistics: DatasetStatistics) -> None:
    text = report([statistics], width=60)

    bars_only = [line for line in text.splitlines() if re.match(r" *\d+(–\d+)? +\d+ █", line)]
    assert len(bars_only) > 10
    assert 55 <= max(map(display_width, bars_only)) <= 60


class Requests(HTMLParser):
    """Collects whatever would make a browser ask for something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        linked = (value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "srcset", "data"))
        self.found += [value for value in linked if not value.startswith(("#", "data:"))]


def test_the_page_needs_nothing_else_and_escapes_what_it_shows(statistics: DatasetStatistics) -> None:
    text = page([statistics, statistics])

    requests = Requests()
    requests.feed(text)
    assert requests.found == []
    assert not {"script", "img", "iframe", "object"} & set(requests.tags)
    assert "@import" not in text
    assert re.findall(r"url\((?!#)", text) == []
    assert "<img" not in text
    assert "&lt;img src=x onerror=1&gt;&amp;数据" in text


def test_the_page_draws_every_measure_with_text_left_to_the_browser(statistics: DatasetStatistics) -> None:
    text = page([statistics])

    assert text.count("<svg ") == len(statistics.splits[0].lengths)
    assert re.search(r"<text[^>]*>&lt;img", text)  # the name of the split above its panel
    assert 'lang="zh"' in text
    assert "法院" in text


def test_the_same_statistics_give_the_same_page(statistics: DatasetStatistics) -> None:
    assert page([statistics]) == page([statistics])
