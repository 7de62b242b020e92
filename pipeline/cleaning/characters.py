"""Characters that nobody sees: line ends of all systems, control characters, zero-width characters."""

import polars as pl

from pipeline.cleaning.signs import any_of
from pipeline.cleaning.step import Step

_LINE_ENDS = r"\r+\n|[\r\x0b\x0c\x{85}\x{2028}\x{2029}]"
_CONTROLS = r"[\x00-\x08\x0e-\x1f\x7f-\x{84}\x{86}-\x{9f}\x{fffe}\x{ffff}]"
_DIRECTIONS = (0x61C, range(0x202A, 0x202F), range(0x2066, 0x2070))
_INVISIBLE = any_of(0xAD, 0x180E, range(0x200B, 0x2010), range(0x2060, 0x2065), 0xFEFF, *_DIRECTIONS)
_JOINED = (
    r"([\p{Extended_Pictographic}\x{fe0f}\x{1f3fb}-\x{1f3ff}\p{Arabic}\p{Devanagari}\p{Bengali}][\x{200c}\x{200d}])"
)
"""A joiner that draws one emoji out of two, or shapes the letters of scripts that need it, is no dirt."""


def _without_invisible(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(f"{_JOINED}|{_INVISIBLE}", "${1}")


LINE_ENDS = Step(
    name="line_ends",
    about="CRLF, CR, form feed and the line separators of Unicode become a newline",
    gate=r"[\r\x0b\x0c\x{85}\x{2028}\x{2029}]",
    apply=lambda text: text.str.replace_all(_LINE_ENDS, "\n"),
)
CONTROLS = Step(
    name="controls",
    about="control characters go, tab and newline stay",
    gate=_CONTROLS,
    apply=lambda text: text.str.replace_all(_CONTROLS, ""),
)
INVISIBLE = Step(
    name="invisible",
    about="zero-width characters, byte order marks, soft hyphens and direction marks go; emoji stay whole",
    gate=_INVISIBLE,
    apply=_without_invisible,
)
