"""Records as JSON text: columns of strings from end to end, with the keys that a format wants and no others."""

from collections.abc import Callable

import polars as pl

Pair = Callable[[pl.Expr, pl.Expr, bool], pl.Expr]
"""A question, its answer, whether it is the one that the record is about -> their JSON texts with a comma between."""


def json_object(**fields: pl.Expr | str | int | bool) -> pl.Expr:
    """JSON text of an object; a field's value is an expression or a constant."""
    values = [(value if isinstance(value, pl.Expr) else pl.lit(value)).alias(name) for name, value in fields.items()]
    return pl.struct(*values).struct.json_encode()


def said(*turns: pl.Expr) -> pl.Expr:
    """JSON texts one after the other."""
    return pl.concat_str(*turns, separator=",")


def record_of(key: str, pair: Pair) -> pl.Expr:
    """``{key: [all turns, the oldest first]}``."""
    element = pl.element().list
    earlier = pl.col("history").list.eval(pair(element.get(0), element.get(1), False)).list.join(",")
    before = pl.when(pl.col("history").list.len() > 0).then(pl.concat_str(earlier, pl.lit(","))).otherwise(pl.lit(""))
    last = pair(pl.col("prompt"), pl.col("response"), True)
    return pl.concat_str(pl.lit(f'{{"{key}":['), before, last, pl.lit("]}"))


def from_value(question: pl.Expr, answer: pl.Expr, _: bool) -> pl.Expr:
    """ShareGPT's turns."""
    return said(*(_turn(speaker, text) for speaker, text in (("human", question), ("gpt", answer))))


def _turn(speaker: str, text: pl.Expr) -> pl.Expr:
    fields: dict[str, pl.Expr | str] = {"from": speaker, "value": text}
    return json_object(**fields)
