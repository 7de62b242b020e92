"""Length limits on both sides, both ends included, in whatever unit the lengths were counted."""

import polars as pl

from pipeline.rules.rule import Rule, RuleOptions
from schemas.limits import LengthLimits


def _limits(options: RuleOptions, side: str) -> LengthLimits:
    return options.content if side == "prompt" else options.summary


def _too_short(side: str) -> Rule:
    return Rule(
        reason=f"{side}_too_short",
        about=f"the {side} is shorter than asked",
        asked=lambda options: _limits(options, side).minimum is not None,
        marks=lambda options: pl.col(f"{side}_length") < _limits(options, side).minimum,
        detail=lambda options: pl.format(
            "{} {}, at least {}",
            pl.col(f"{side}_length"),
            pl.lit(options.unit),
            pl.lit(_limits(options, side).minimum),
        ),
    )


def _too_long(side: str) -> Rule:
    return Rule(
        reason=f"{side}_too_long",
        about=f"the {side} is longer than asked",
        asked=lambda options: _limits(options, side).maximum is not None,
        marks=lambda options: pl.col(f"{side}_length") > _limits(options, side).maximum,
        detail=lambda options: pl.format(
            "{} {}, at most {}",
            pl.col(f"{side}_length"),
            pl.lit(options.unit),
            pl.lit(_limits(options, side).maximum),
        ),
    )


PROMPT_TOO_SHORT = _too_short("prompt")
PROMPT_TOO_LONG = _too_long("prompt")
RESPONSE_TOO_SHORT = _too_short("response")
RESPONSE_TOO_LONG = _too_long("response")
