"""The verdict on tables whose truth is plain, and what it says beside it."""

from dataclasses import replace
from string import Formatter
from typing import Any

import pytest

from tests.train.judging.tables import SUITABLE, but, sure
from train.judging.evidence import Evidence
from train.judging.intervals import Interval
from train.judging.texts import Texts
from train.judging.verdict import NAMES, verdict
from train.judging.wording import TEXTS, Language, words

UNSURE = Interval(0.05, -0.05, 0.15)
LOOKED_UP = {"retrieved": sure(0.3), "against_retrieval": {"ROUGE-L": sure(-0.1), "BLEU-4": sure(-0.1)}}

RULED = {
    "all is shown": (SUITABLE, "suitable", "content"),
    "few items": (but(items=99), "undecided", "few items"),
    "forgets more than it gains": (but(forgetting={"legal": sure(0.4)}), "harmful", "forgets"),
    "gains more than it forgets": (but(forgetting={"legal": sure(0.2)}), "suitable", "content"),
    "ruins another domain": (but(total=sure(0.9), forgetting={"legal": sure(0.6)}), "harmful", "forgets"),
    "worse than untuned": (but(total=sure(-0.1), saved=sure(-0.2)), "harmful", "worse at home"),
    "looked up": (but(**LOOKED_UP), "retrieval is better", "retrieval beats"),
    "looked up as well": (
        but(retrieved=sure(0.3), against_retrieval={"ROUGE-L": sure(0.0), "BLEU-4": sure(0.001)}),
        "retrieval is better",
        "retrieval equals",
    ),
    "only the form is found": (but(**LOOKED_UP | {"retrieved": sure(0.02)}), "undecided", "in doubt"),
    "curve still falls": (but(doubling=sure(0.08)), "needs more data", "steep"),
    "curve still falls, and others forgotten": (
        but(doubling=sure(0.08), forgetting={"legal": sure(0.9)}),
        "harmful",
        "forgets",
    ),
    "curve still falls, worse so far": (
        but(doubling=sure(0.08), total=sure(-0.1), saved=sure(-0.1), forgetting={}),
        "needs more data",
        "steep",
    ),
    "copied": (but(against_copy=sure(-0.1)), "not suitable", "copy beats"),
    "asked well": (
        but(prompting=sure(0.3), saved=sure(0.01), against_base=sure(0)),
        "prompting is enough",
        "prompting",
    ),
    "a tenth beside the prompt": (
        but(prompting=sure(0.6), saved=sure(0.04), against_base=sure(0)),
        "prompting is enough",
        "prompting",
    ),
    "bits say no, answers say yes": (but(prompting=sure(0.3), saved=sure(0.01)), "undecided", "in doubt"),
    "nothing gained": (but(prompting=sure(0), saved=sure(0), against_base=sure(0)), "not suitable", "adds nothing"),
    "style": (but(content=sure(0.005)), "style only", "style"),
    "style of few examples, no curve": (but(content=sure(0.005), examples=40, doubling=None), "undecided", "in doubt"),
    "style of few examples, flat curve": (but(content=sure(0.005), examples=40), "style only", "style"),
}


@pytest.mark.parametrize(("evidence", "name", "reason"), RULED.values(), ids=RULED)
def test_a_plain_table_has_its_verdict(evidence: Evidence, name: str, reason: str) -> None:
    found = verdict(evidence)

    assert (found.name, found.reason) == (name, reason)


DOUBTED: dict[str, dict[str, Any]] = {
    "saved": {"saved": UNSURE},
    "content": {"content": UNSURE},
    "answers": {"against_base": UNSURE},
    "copy": {"against_copy": UNSURE},
    "retrieval": {"against_retrieval": {"ROUGE-L": UNSURE}},
    "forgetting": {"forgetting": {"legal": Interval(0.2, 0.0, 0.5)}},
    "cut": {"cut": 0.4, "whole": UNSURE},
    "people": {"preferred": sure(0.3)},
}


@pytest.mark.parametrize(("doubt", "changes"), DOUBTED.items(), ids=DOUBTED)
def test_whatever_is_not_shown_leaves_it_undecided_and_is_named(doubt: str, changes: dict[str, Any]) -> None:
    found = verdict(but(**changes))

    assert (found.name, found.doubts) == ("undecided", (doubt,))


@pytest.mark.parametrize(
    ("name", "unmeasured"),
    [
        ("saved", None),
        ("content", None),
        ("against_base", None),
        ("against_copy", None),
        ("against_retrieval", {}),
    ],
)
def test_what_was_not_measured_is_not_claimed(name: str, unmeasured: Any) -> None:
    assert verdict(but(**{name: unmeasured})).name == "undecided"


def test_one_domain_of_many_needs_more_than_luck() -> None:
    assert verdict(but(p=0.04)).name == "suitable"
    assert verdict(but(p=0.06)).doubts == ("saved",)
    assert verdict(but(p=float("nan"))).doubts == ("saved",)


def test_cut_items_do_not_matter_where_the_whole_ones_gain_too() -> None:
    found = verdict(but(cut=0.4, whole=sure(0.1)))

    assert found.name == "suitable"
    assert ("cut", {"cut": 0.4}) in found.caveats


@pytest.mark.parametrize("base", ["tiny", "random"])
@pytest.mark.parametrize("evidence", [case[0] for case in RULED.values()], ids=RULED)
def test_every_verdict_on_a_toy_says_that_it_is_not_about_the_6b(base: Any, evidence: Evidence) -> None:
    found = verdict(replace(evidence, base=base))

    assert "6B" in words(found, "en").caveats[0]
    assert "6B" in words(found, "zh").caveats[0]


def test_a_trained_base_is_not_called_a_toy() -> None:
    assert not any("6B" in caveat for caveat in words(verdict(SUITABLE), "en").caveats)


def test_forgetting_that_is_borne_is_named_all_the_same() -> None:
    found = words(verdict(but(forgetting={"legal": sure(0.2)})), "en")

    assert found.caveats == (
        "It forgets: on legal it needs 20.0 % (95 %: 19.5 % to 20.5 %) more bits than before. Mixing in old data is "
        "the usual cure: prep mix.",
    )


def test_forgetting_that_was_not_measured_is_not_passed_over() -> None:
    assert verdict(but(forgetting={})).caveats == (("forgetting not measured", {}),)


def test_words_carry_the_numbers_that_decided() -> None:
    found = words(verdict(but(content=sure(0.005))), "zh")

    assert found.title == "只学到文风：学会了怎么说，没学会说什么"
    assert "20.0%（95% 区间：19.5% 至 20.5%）" in found.reason
    assert "0.5%（95% 区间：0.0% 至 1.0%）" in found.reason
    assert "检索" in found.advice


def test_counts_are_no_shares() -> None:
    assert words(verdict(but(items=99)), "en").reason.startswith("99 held-out items are too few")
    assert "1,200 examples" in words(verdict(but(doubling=sure(0.08), examples=1200)), "en").reason


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("evidence", [case[0] for case in RULED.values()], ids=RULED)
def test_every_verdict_can_be_said(evidence: Evidence, language: Language) -> None:
    found = words(verdict(evidence), language)

    assert found.title
    assert found.reason
    assert found.advice
    assert "{" not in found.reason
    assert "nan" not in found.reason


@pytest.mark.parametrize("field", ["titles", "reasons", "advice", "doubts", "caveats"])
def test_both_languages_say_the_same_things_with_the_same_numbers(field: str) -> None:
    chinese, english = (getattr(TEXTS[language], field) for language in ("zh", "en"))

    assert {key: _names(text) for key, text in chinese.items()} == {key: _names(text) for key, text in english.items()}


def test_every_verdict_reason_and_doubt_has_its_words() -> None:
    texts: Texts = TEXTS["en"]

    assert {*texts.titles} == {*NAMES}
    assert {*texts.reasons} == {*texts.advice} == {case[2] for case in RULED.values()}
    assert {*texts.doubts} == {*DOUBTED, "data"}


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
