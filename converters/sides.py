"""The question side of a single turn: an instruction and, where there is one, its input."""

import polars as pl

NO_INPUT = (
    r"(?i)^[\s\[(（【<“\"'`]*(?:&lt;)?(?:|无|无输入|没有输入|无需输入|不适用|none|null|nan|n/a|noinput)(?:&gt;)?"
    r"[\s\])）】>”\"'`.。]*$"
)
"""Inputs that mean that there is none, bare or in brackets: 无, （无输入）, ``&lt;无输入&gt;``, NaN …"""


def joined(instruction: pl.Expr, given: pl.Expr) -> pl.Expr:
    """``instruction + "\\n" + given``, or the one of the two that says something."""
    without_input = given.is_null() | given.str.contains(NO_INPUT)
    without_instruction = instruction.is_null() | (instruction == "")
    return (
        pl.when(without_input)
        .then(instruction)
        .when(without_instruction)
        .then(given)
        .otherwise(pl.concat_str(instruction, given, separator="\n"))
    )
