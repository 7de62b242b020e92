"""Answers in which a language model speaks of itself instead of answering: 作为一个AI语言模型，我无法…"""

import polars as pl

from pipeline.rules.rule import Rule, RuleOptions

OPENING_CHARS = 60
_WITHIN = r"[^，。！？,!?\n]"
_MODEL = rf"(?:[语語]言模型|(?:AI|人工智能|虚拟){_WITHIN}{{0,4}}(?:助手|助理|机器人|模型|程序))"
_REFUSAL = (
    rf"我(?:只是|仅是|是|[作身]?[为為]){_WITHIN}{{0,14}}{_MODEL}"
    rf"|[作身][为為]{_WITHIN}{{0,14}}{_MODEL}[^。！？\n]{{0,10}}?(?:我|无法|不能|没有|抱歉)"
    r"|(?i:as an? (?:ai|artificial intelligence)\b)"
)
"""In the first person: an answer that explains what a language model is passes."""


def _opening(_options: RuleOptions) -> pl.Expr:
    return pl.col("response").str.head(OPENING_CHARS)


REFUSAL = Rule(
    reason="refusal",
    about="the response opens with a language model that speaks of itself (作为一个AI语言模型，我…)",
    asked=lambda options: options.drop_refusals,
    marks=lambda options: _opening(options).str.contains(_REFUSAL),
    detail=lambda options: _opening(options).str.extract(f"({_REFUSAL})"),
)
