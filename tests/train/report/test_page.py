"""The page: everything is said, everything is escaped, every plot is there; how it looks is the browser's test."""

import math
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from typing import get_args

import pytest

from schemas.report import Difference, Estimate, Lang, LearningCurve, Ratings, SuitabilityReport, Verdict
from tests.train.report.reports import FOUND, NASTY, about, matrix, nasty, report
from train.report.directions import arrow, tone_of
from train.report.page import heat, page
from train.report.words import TONES, VERDICTS, said, verdict_name

LANGS: tuple[Lang, ...] = get_args(Lang)
TINY = "the model is tiny"


@cache
def whole(lang: Lang = "en", stands_for_itself: str = "") -> str:
    return page(report(("legal", "instruct"), stands_for_itself=stands_for_itself), lang)


class Elements(HTMLParser):
    """Tags that a browser would make, with their attributes, and what stands between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_all_verdicts_have_names_and_a_colour() -> None:
    assert set(VERDICTS) == set(TONES) == set(get_args(Verdict)) == {verdict for _, verdict, _ in FOUND}


@pytest.mark.parametrize("lang", LANGS)
def test_verdict_reason_and_advice_are_said_in_the_language(lang: Lang) -> None:
    texts = Elements(whole(lang)).texts

    for domain in report(("legal", "instruct")).domains:
        assert verdict_name(domain.verdict, lang) in texts
        assert any(domain.reasons[lang] in text for text in texts)
        assert any(domain.advice[lang] in text for text in texts)
        assert not any(domain.reasons["en" if lang == "zh" else "zh"] in text for text in texts)


@pytest.mark.parametrize("lang", LANGS)
def test_no_word_of_the_other_language_is_left(lang: Lang) -> None:
    of_ours = page(replace(report(()), domains=()), lang)

    chinese = re.findall(r"[\u4e00-\u9fff]", of_ours)
    assert bool(chinese) == (lang == "zh")


def test_beside_every_verdict_stands_that_it_is_not_about_the_6b() -> None:
    text = whole(stands_for_itself=TINY)

    assert text.count('<p class="verdict') == 4
    for after in text.split('<p class="verdict')[1:]:
        nearest = after[: after.find('<p class="verdict')] if '<p class="verdict' in after else after
        assert f"Not about the 6B.</b> {TINY}" in nearest
    assert TINY not in whole()
    assert "Not about the 6B" not in whole()


def test_every_plot_is_drawn_and_says_what_it_shows() -> None:
    drawn = [attributes for tag, attributes in Elements(whole()).tags if tag == "svg"]

    labels = [attributes["aria-label"] for attributes in drawn]
    assert labels[0] == "Saved by tuning"
    assert len(labels) == 1 + 2 * 7
    for name in ("legal", "instruct"):
        for key in ("differences", "content_style", "forgotten", "loss", "curve"):
            assert f"{name}: {said(key, 'en')}" in labels
        assert {f"{name}: Lengths, content", f"{name}: Lengths, summary"} <= set(labels)
    assert len(set(labels)) == len(labels)


def test_two_drawings_share_no_name_and_leave_fonts_to_the_browser() -> None:
    text = whole()

    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for link in re.findall(r'(?:xlink:href|clip-path)="(?:url\()?#([^")]+)', text):
        assert link in ids
    assert "<text" in text


def test_names_in_plots_may_be_chinese() -> None:
    assert re.search(r"<text[^>]*>专利-短</text>", page(report(("legal", "专利-短"))))


@pytest.mark.parametrize("lang", LANGS)
def test_no_text_of_a_report_becomes_markup(lang: Lang) -> None:
    found = Elements(page(nasty(), lang))

    tags = {tag for tag, _ in found.tags}
    assert tags.isdisjoint({"script", "img", "iframe", "object", "form", "base"})
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]
    shown = "".join(found.texts)
    assert shown.count(NASTY) > 150
    for tag, attributes in found.tags:
        addresses = [value or "" for name, value in attributes.items() if name in ("href", "src")]
        assert all(each.startswith(("#", "data:,")) for each in addresses), tag


def test_nothing_is_fetched_from_anywhere() -> None:
    outside = re.findall(r"https?://[^\s\"'<]+", whole())

    assert set(outside) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "@import" not in whole()
    assert "default-src 'none'" in whole()


def test_the_heat_map_is_red_where_something_was_forgotten_and_pale_where_it_may_be_chance() -> None:
    change = ((None, None), (Estimate(value=0.4, low=0.3, high=0.5), Estimate(value=0.05, low=-0.1, high=0.2)))
    small = replace(matrix(("legal", "patent")), change=(*change, (Estimate(value=-0.2, low=-0.3, high=-0.1), None)))

    warm = heat(small)

    assert warm[0] == [None, None]
    assert warm[1] == [{"colour": "loss", "strength": "0.60"}, {"colour": "loss", "strength": "0.05"}]
    assert warm[2] == [{"colour": "gain", "strength": "0.36"}, None]


def between(metric: str, value: float) -> Difference:
    return Difference(metric=metric, against="copy", estimate=about(value, 0.1), effect=math.nan, p=0.0)


def test_a_difference_is_coloured_by_what_is_better_of_its_metric() -> None:
    assert [tone_of(between(name, 1.0)) for name in ("ROUGE-L", "cut_off", "length_ratio")] == [
        "better",
        "worse",
        "unclear",
    ]
    assert [arrow(name) for name in ("ROUGE-L", "cut_off", "length_ratio", "mine")] == ["↑", "↓", "", ""]


def test_a_metric_that_is_neither_stands_in_no_plot_of_what_is_better() -> None:
    made = report(("legal",))
    found = [replace(between(name, 1.0), against="base: legal") for name in ("ROUGE-L", "distinct-1")]

    text = page(replace(made, domains=(replace(made.domains[0], differences=found),)))

    drawing = text[text.index('aria-label="legal: Tuned minus the others"') :].partition("</svg>")[0]
    assert ">ROUGE-L<" in drawing
    assert "distinct-1" not in drawing


def test_the_correction_over_datasets_is_shown_where_there_is_one() -> None:
    made = report(("legal",))
    alone = [replace(each, p_holm=None) for each in made.domains[0].differences]

    text = page(replace(made, domains=(replace(made.domains[0], differences=alone),)))

    assert "p (Holm)" in page(made)
    assert "p (Holm)" not in text


def test_cells_that_the_budget_left_out_are_shown_as_such() -> None:
    text = page(report(("legal", "patent", "paper")))

    assert text.count('<td class="none">') == 1


def bare() -> SuitabilityReport:
    """Nothing but what has no default."""
    made = report(("legal",))
    nothing = Estimate(value=float("nan"))
    domain = replace(
        made.domains[0],
        **dict.fromkeys(("scores", "differences", "loss", "examples"), ()),
        **{name: {} for name in ("forgotten", "cut", "cut_scores", "lengths", "reasons", "advice")},
        **dict.fromkeys(("gain", "style", "content"), nothing),
        curve=LearningCurve(reason="only 3 sizes"),
        ratings=Ratings(),
        run="",
    )
    return replace(made, domains=(domain,), matrix=None, settings={}, versions={})


@pytest.mark.parametrize("lang", LANGS)
def test_what_was_not_measured_is_said_instead_of_shown(lang: Lang) -> None:
    text = page(bare(), lang)

    assert "only 3 sizes" in text
    assert said("forgotten_none", lang) in text
    assert said("ratings_none", lang) in text
    assert "nan" not in text
    assert "None" not in text


def test_only_ties_are_shown_as_such() -> None:
    made = report(("legal",))
    rated = replace(made.domains[0], ratings=Ratings(judgements=4, raters=1))

    assert said("ratings_ties", "en") in page(replace(made, domains=(rated,)))


def test_odd_numbers_can_be_drawn() -> None:
    made = report(("legal",))
    domain = replace(
        made.domains[0],
        loss=[{"step": 1.0, "loss": float("nan")}, {"step": 2.0, "loss": 3.0}],
        lengths={"content": {7: 1}, "summary": {0: 3, 100_000: 1}, "other": {}},
        curve=LearningCurve(sizes=(10,), bits=((3.0,),), reason="one size"),
        forgotten={"general": Estimate(value=float("inf"))},
    )

    text = page(replace(made, domains=(domain,)))

    assert "Lengths, content" in text
    assert "Lengths, other" not in text
    assert "∞" in text
