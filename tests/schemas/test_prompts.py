"""Prompt presets: the instruction is joined when encoding, never stored."""

import pytest

from schemas.errors import OptionError
from schemas.prompts import PROMPTS, apply_prompt


@pytest.mark.parametrize("preset", PROMPTS)
def test_every_preset_holds_the_content_once_and_as_it_is(preset: str) -> None:
    content = "一种{content}装置 {0} %s"

    assert apply_prompt(preset, content).count(content) == 1


def test_none_leaves_the_content_as_it_is() -> None:
    assert apply_prompt("none", "一种装置") == "一种装置"
    assert apply_prompt("patent", "一种装置") == "根据专利名称撰写摘要：一种装置"


def test_an_unknown_preset_is_refused_with_the_choices() -> None:
    with pytest.raises(OptionError, match=r"no prompt preset 'patents'; choose one of: none, patent"):
        apply_prompt("patents", "一种装置")
