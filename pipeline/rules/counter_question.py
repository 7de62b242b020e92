"""Answers that only ask back: 请问您有什么需要咨询的问题吗？"""

import polars as pl

from pipeline.rules.rule import Rule, RuleOptions

MAX_CHARS = 50
_WITHIN = r"[^。！？!?\n]"
_ASKS_BACK = (
    rf"请问(?:您|你|有什么|需要)(?:{_WITHIN})*[？?]"
    rf"|[您你](?:现在|还|具体)?(?:有|需要|想){_WITHIN}*(?:咨询|解答|帮助|了解|什么问题){_WITHIN}*[？?]"
    rf"|请(?:[您你])?(?:再)?(?:提供|补充|说明){_WITHIN}{{0,6}}(?:更多|详细|具体)"
)


def _response(_options: RuleOptions) -> pl.Expr:
    return pl.col("response")


COUNTER_QUESTION = Rule(
    reason="counter_question",
    about=f"the response is a question back of at most {MAX_CHARS} characters",
    asked=lambda options: options.drop_counter_questions,
    marks=lambda _options: (
        (pl.col("response").str.len_chars() <= MAX_CHARS) & pl.col("response").str.contains(_ASKS_BACK)
    ),
    detail=_response,
)
