"""Sentences that a report of several datasets adds to the reasons of one, in Chinese and English."""

from collections.abc import Mapping, Sequence

from schemas.report import Estimate, Lang
from train.report.numbers import with_interval

LANGS: Sequence[Lang] = ("zh", "en")
NOT_REACHED: Mapping[Lang, str] = {
    "zh": "未评测：时间预算已用完，尚未轮到它。",
    "en": "Not measured: the budget of time ended before its turn.",
}
GO_ON: Mapping[Lang, str] = {
    "zh": "再次运行同一命令（预算更多或不限），即从中断处继续。",
    "en": "Run the same command again, with a larger --budget or none: it goes on where it stopped.",
}
_MISSING: Mapping[Lang, str] = {
    "zh": "时间预算已用完，未测在 {names} 上遗忘了多少。",
    "en": "Not measured, since the budget of time ended before: what was forgotten on {names}.",
}
_MIXTURE: Mapping[Lang, str] = {
    "zh": "与只用 {other} 微调相比，每字比特数之差（负数表示混合后更好）：{differences}。",
    "en": "Beside tuning on {other} alone, in bits per character (below 0 the mixture is better): {differences}.",
}
_COMMA: Mapping[Lang, str] = {"zh": "、", "en": ", "}


def missing(names: Sequence[str]) -> Mapping[Lang, str]:
    return {lang: _MISSING[lang].format(names=_COMMA[lang].join(names)) for lang in LANGS}


def beside(other: str, differences: Mapping[str, Estimate]) -> Mapping[Lang, str]:
    """A mixture and one of the datasets in it."""
    shown = [f"{name} {with_interval(each, sign=True)}" for name, each in differences.items()]
    return {lang: _MIXTURE[lang].format(other=other, differences=_COMMA[lang].join(shown)) for lang in LANGS}


def joined(*texts: Mapping[Lang, str]) -> dict[Lang, str]:
    return {lang: ("" if lang == "zh" else " ").join(text[lang] for text in texts) for lang in LANGS}
