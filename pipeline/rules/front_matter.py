"""What a journal prints beside its articles: calls for papers, tables of contents, notices, reports of meetings."""

import polars as pl

from pipeline.rules.rule import Rule

MAX_TITLE_CHARS = 40
_FRONT_MATTER = (
    r"征稿|约稿|征文|征订|稿约|投稿(?:须知|指南|要求)|欢迎(?:订阅|投稿|刊登)|订阅(?:启事|通知)|选题(?:计划|指南)"
    r"|目[录次]$|启事$|(?:会议?|论坛|研讨会|年会)(?:通知|纪要|预告)$"
    r"|(?:会|大会|会议|论坛|年会|讲坛).{0,12}(?:召开|举行|举办)$|(?:在|于).{1,10}(?:顺利|隆重|成功)?(?:召开|举行|闭幕|开幕)"
    r"|编委会(?:名单|成员)|勘误$|更正$|讣告"
)


def _titles() -> list[pl.Expr]:
    """Either side may be the title: ``--direction reverse`` swaps them."""
    return [
        pl.when(pl.col(side).str.len_chars() <= MAX_TITLE_CHARS).then(pl.col(side).str.strip_chars())
        for side in ("prompt", "response")
    ]


FRONT_MATTER = Rule(
    reason="front_matter",
    about=f"a title of at most {MAX_TITLE_CHARS} characters names a call for papers, a table of contents or a notice",
    asked=lambda options: options.drop_front_matter,
    marks=lambda _options: pl.any_horizontal(title.str.contains(_FRONT_MATTER) for title in _titles()),
    detail=lambda _options: pl.coalesce(title.str.extract(f"({_FRONT_MATTER})") for title in _titles()),
)
