"""Laws of cleaning, for every step and for the chain of every domain; then what the column function promises."""

from collections.abc import Sequence

import polars as pl
import pytest

from pipeline.cleaning.clean import clean, clean_history, explain
from pipeline.cleaning.registry import STEPS, steps_for
from pipeline.cleaning.step import Step
from schemas.errors import OptionError
from schemas.records import DOMAINS, HISTORY
from tests.pipeline.cleaning.nasty import nasty_texts

CHAINS = {name: [step] for name, step in STEPS.items()} | {domain: steps_for(domain) for domain in DOMAINS}
CHAINS["everything"] = list(STEPS.values())
CHEAP = {name: chain for name, chain in CHAINS.items() if "simplified" not in (step.name for step in chain)}
TEXTS = pl.Series("text", nasty_texts(3000))

chains = pytest.mark.parametrize("steps", CHAINS.values(), ids=CHAINS)


@chains
def test_cleaning_twice_is_cleaning_once(steps: Sequence[Step]) -> None:
    once, _ = clean(TEXTS, steps)

    twice, counts = clean(once, steps)

    assert twice.to_list() == once.to_list()
    assert not any(counts.values())


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_text_without_a_match_of_the_gate_is_not_changed_by_the_step(step: Step) -> None:
    clear = TEXTS.filter(~TEXTS.str.contains(step.gate))

    after = step(clear)

    assert clear.len() > 50 or step.name == "simplified"
    assert after.to_list() == clear.to_list()


@pytest.mark.parametrize("steps", CHEAP.values(), ids=CHEAP)
def test_cleaning_the_column_equals_explaining_each_text(steps: Sequence[Step]) -> None:
    texts = TEXTS[:200]

    cleaned, _ = clean(texts, steps)

    assert cleaned.to_list() == [(explain(text, steps) or [("", "", text)])[-1][2] for text in texts]


@chains
def test_neighbours_in_a_column_do_not_matter(steps: Sequence[Step]) -> None:
    texts = TEXTS[:300]

    together, counts = clean(texts, steps)

    apart = [clean(texts[start : start + 7], steps) for start in range(0, 300, 7)]
    assert together.to_list() == pl.concat([part for part, _ in apart]).to_list()
    assert counts == {name: sum(part[name] for _, part in apart) for name in counts}


def test_null_stays_null_and_the_given_column_stays_what_it_was() -> None:
    given = pl.Series("abstract", [None, " a", "b"])

    cleaned, counts = clean(given, steps_for("paper"))

    assert cleaned.to_list() == [None, "a", "b"]
    assert cleaned.name == "abstract"
    assert given.to_list() == [None, " a", "b"]
    assert counts["edges"] == 1


def test_a_clean_column_is_handed_back_itself() -> None:
    given = pl.Series(["甲", "乙"])

    cleaned, _ = clean(given, steps_for("legal"))

    assert cleaned is given


def test_a_text_counts_once_for_each_step_however_often_the_step_runs() -> None:
    given = pl.Series(["甲\n乙\n丙\n丁", "&#38;nbsp; x", "y"])

    cleaned, counts = clean(given, steps_for("paper"))

    assert cleaned.to_list() == ["甲乙丙丁", "x", "y"]
    assert {name: count for name, count in counts.items() if count} == {
        "entities": 1,
        "wraps": 1,
        "plain_blanks": 1,
        "edges": 1,
    }


def test_no_steps_change_nothing() -> None:
    cleaned, counts = clean(TEXTS, [])

    assert cleaned is TEXTS
    assert counts == {}


def test_explain_names_each_step_with_the_text_before_and_after() -> None:
    told = explain("&lt;b&gt;甲&lt;/b&gt; ", steps_for("patent"))

    assert told == [
        ("entities", "&lt;b&gt;甲&lt;/b&gt; ", "<b>甲</b> "),
        ("tags", "<b>甲</b> ", "甲 "),
        ("edges", "甲 ", "甲"),
    ]


def test_explain_shows_code_as_it_stands() -> None:
    told = explain(" `a  b`", steps_for("instruct"))

    assert told == [("edges", " `a  b`", "`a  b`")]


def test_histories_are_cleaned_text_by_text_and_keep_their_shape() -> None:
    history = pl.Series("h", [[["a ", "b"], ["c", " d"]], [], None, [["x"]], [["q", None]]], dtype=HISTORY)

    cleaned, counts = clean_history(history, steps_for("instruct"))

    assert cleaned.to_list() == [[["a", "b"], ["c", "d"]], [], None, [["x"]], [["q", None]]]
    assert cleaned.dtype == HISTORY
    assert counts["edges"] == 2


def test_clean_or_empty_histories_are_handed_back_themselves() -> None:
    history = pl.Series("h", [[], [["a", "b"]]], dtype=HISTORY)

    cleaned, _ = clean_history(history, steps_for("legal"))

    assert cleaned is history


def test_steps_run_in_the_order_of_the_registry_and_only_in_their_domains() -> None:
    names = [step.name for step in steps_for("paper", asked=["nfkc"])]

    assert names == [name for name in STEPS if name in names]
    assert "nfkc" in names
    assert "wraps" in names
    assert "empty_brackets" not in names
    assert [step.name for step in steps_for("paper", clean=False, asked=["width"])] == ["width"]


def test_an_unknown_step_is_named_with_the_choices() -> None:
    with pytest.raises(OptionError, match="no cleaning step 'whiten'; choose one of: entities, tags"):
        steps_for("paper", asked=["whiten"])
