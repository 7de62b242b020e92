"""Asks every rule of every record. Marks only; what becomes of marked records is the engine's affair."""

import polars as pl

from pipeline.rules.registry import RULES
from pipeline.rules.rule import RuleOptions


def judge(records: pl.DataFrame, options: RuleOptions) -> pl.DataFrame:
    """The records with ``reason``, of the first rule that marks them (null: passed), and ``detail``, what was found."""
    asked = [rule for rule in RULES.values() if rule.asked(options)]
    reasons = (pl.when(rule.marks(options)).then(pl.lit(rule.reason)) for rule in asked)
    judged = records.with_columns(reason=pl.coalesce(reasons), detail=pl.lit(None, dtype=pl.String))
    for rule in asked:
        rows = (judged["reason"] == rule.reason).arg_true()
        if rule.detail is not None and not rows.is_empty():
            found = judged[rows].select(rule.detail(options).cast(pl.String)).to_series()
            judged = judged.with_columns(judged["detail"].clone().scatter(rows, found))
    return judged
