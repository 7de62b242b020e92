"""How Chinese a record is: Chinese characters among all letters of both sides. Digits and punctuation do not count."""

import polars as pl

from pipeline.rules.rule import Rule, RuleOptions

_CHINESE = r"\p{Han}"
_OTHER = r"[\p{L}--\p{Han}]"


def chinese_share(texts: pl.Series) -> pl.Series:
    """0 to 1; null for texts without letters. Only texts that mix scripts need counting."""
    is_chinese, is_other = texts.str.contains(_CHINESE), texts.str.contains(_OTHER)
    mixed = (is_chinese & is_other).arg_true()
    unmixed = pl.when(is_chinese).then(1.0).when(is_other).then(0.0)
    return pl.select(unmixed).to_series().scatter(mixed, _counted_share(texts.gather(mixed)))


def _counted_share(texts: pl.Series) -> pl.Series:
    """Counts what is rare in Chinese texts, all that is not Chinese: much cheaper than to count ``\\p{Han}``."""
    chinese = texts.str.len_chars().cast(pl.Int64) - texts.str.count_matches(r"\P{Han}").cast(pl.Int64)
    return chinese / (chinese + texts.str.count_matches(_OTHER).cast(pl.Int64))


def _share(_options: RuleOptions) -> pl.Expr:
    text = pl.concat_str("prompt", "response", ignore_nulls=True)
    return text.map_batches(chinese_share, return_dtype=pl.Float64)


NOT_CHINESE = Rule(
    reason="not_chinese",
    about="too few Chinese characters among the letters of prompt and response; texts without letters pass",
    asked=lambda options: options.min_chinese is not None,
    marks=lambda options: _share(options) < options.min_chinese,
    detail=lambda options: pl.format("{} of the letters", _share(options).round(2)),
)
