"""Other forms of the same characters, on request only: half and full width, NFKC, simplified Chinese."""

from collections.abc import Sequence
from functools import cache, reduce
from typing import Any

import polars as pl

from pipeline.cleaning.step import Step

_WIDE = [*range(ord("０"), ord("９") + 1), *range(ord("Ａ"), ord("Ｚ") + 1), *range(ord("ａ"), ord("ｚ") + 1)]
_WIDE_TO_ASCII = {chr(wide): chr(wide - 0xFEE0) for wide in _WIDE}
_PUNCTUATION = {",": "，", ";": "；", ":": "：", "!": "！", "?": "？", ".": "。"}
_BEFORE = r"\p{Han}）)”’》」』】"


def _widths(text: pl.Expr) -> pl.Expr:
    narrow = text.str.replace_many(_WIDE_TO_ASCII)
    return reduce(
        lambda done, mark: done.str.replace_all(
            rf"([{_BEFORE}])[{mark}](\p{{Han}}|[（“‘《「『【\n]|$)", f"${{1}}{_PUNCTUATION[mark]}${{2}}"
        ),
        _PUNCTUATION,
        narrow,
    )


@cache
def _traditional_to_simplified() -> Any:
    import opencc  # loads dictionaries

    return opencc.OpenCC("t2s")


def _simplify(texts: Sequence[str]) -> list[str]:
    convert = _traditional_to_simplified().convert
    return [convert(text) for text in texts]


NFKC = Step(
    name="nfkc",
    has_signs=False,
    about="Unicode NFKC: full-width forms, ligatures, circled numbers and the like become their plain forms",
    gate=r"[^\x00-\x7f\x{4e00}-\x{9fff}\x{3001}-\x{3029}“”‘’—]",
    apply=lambda text: text.str.normalize("NFKC"),
    default=False,
)
WIDTH = Step(
    name="width",
    has_signs=False,
    about="full-width letters and digits become ASCII, ASCII punctuation after Chinese full-width; numbers stay",
    gate=rf"[０-９Ａ-Ｚａ-ｚ]|[{_BEFORE}][,;:!?.]",
    apply=_widths,
    default=False,
)
SIMPLIFIED = Step(
    name="simplified",
    has_signs=False,
    about="traditional characters become simplified ones (opencc t2s)",
    gate=r"\p{Han}",
    python=_simplify,
    default=False,
)
