"""Signs of dirt: no text that passes the gate of a step goes without one, and they are what they are made of."""

import polars as pl
import pytest

from pipeline.cleaning.clean import clean
from pipeline.cleaning.registry import STEPS
from pipeline.cleaning.signs import any_of, suspects
from pipeline.cleaning.step import Step
from tests.pipeline.cleaning.nasty import nasty_texts

CHARACTERS = pl.Series([chr(code) for code in (*range(0xD800), *range(0xE000, 0x11000), *range(0x1F300, 0x1F700))])
CLEAN = pl.Series(["一份干净的文本，没有什么可做的。"])
SIGNED = {name: step for name, step in STEPS.items() if step.has_signs}


@pytest.mark.parametrize("step", SIGNED.values(), ids=SIGNED)
@pytest.mark.parametrize("around", ["{}", "甲{}乙", "{}甲", "甲{}", "甲{0}{0}", "甲{} 乙", "甲\n{}乙"])
def test_a_text_that_passes_the_gate_of_a_step_shows_a_sign(step: Step, around: str) -> None:
    texts = (
        CHARACTERS.to_frame("c").select(pl.format(around.replace("{0}", "{}"), *["c"] * around.count("{"))).to_series()
    )
    dirty = texts.filter(texts.str.contains(step.gate))
    column = pl.concat([dirty, CLEAN.new_from_index(0, dirty.len() + 1)])

    found = suspects(column)

    assert found is not None
    assert found.to_list() == list(range(dirty.len()))


@pytest.mark.parametrize("step", SIGNED.values(), ids=SIGNED)
def test_nasty_texts_show_a_sign_where_they_pass_a_gate(step: Step) -> None:
    texts = pl.Series(nasty_texts(3000))
    column = pl.concat([texts, CLEAN.new_from_index(0, 3000)])

    found = suspects(column)

    assert found is not None
    assert column.str.contains(step.gate).arg_true().is_in(found.implode()).all()
    assert found.max() < 3000  # type: ignore[operator]


def test_where_most_texts_show_a_sign_nobody_looks_for_more() -> None:
    assert suspects(pl.Series(["甲\n乙", "甲\n", "甲"])) is None


def test_texts_that_are_null_or_empty_show_none() -> None:
    found = suspects(pl.Series(["", None, "甲", "乙\t", "", "a&b", None, ""]))

    assert found is not None
    assert found.to_list() == [3, 5]
    assert clean(pl.Series([None, ""], dtype=pl.String), list(SIGNED.values()))[0].to_list() == [None, ""]


def test_any_of_finds_what_a_class_finds() -> None:
    literals = any_of(0xA0, range(0x2000, 0x200B), 0x3000)

    assert (CHARACTERS.str.contains(literals) == CHARACTERS.str.contains(r"[\xa0\x{2000}-\x{200a}\x{3000}]")).all()
