"""Reports for tests: one with everything in it, and one whose every text tries to break out of the page."""

import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from schemas.report import (
    Difference,
    DomainReport,
    Estimate,
    Example,
    LearningCurve,
    Matrix,
    Ratings,
    SuitabilityReport,
    SystemScore,
    Verdict,
)

NASTY = """"><script>alert("x")</script><img src=x onerror='alert(1)'>&amp;|`*[a](javascript:x)"""
FOUND: Sequence[tuple[str, Verdict, float]] = (
    ("legal", "suitable", 0.42),
    ("patent", "style only", 0.21),
    ("paper", "needs more data", 0.08),
    ("encyclopedia", "retrieval is better", 0.12),
    ("instruct", "harmful", -0.31),
    ("legal-mixed", "prompting is enough", 0.02),
    ("专利-短", "undecided", 0.03),
    ("dialogue", "not suitable", -0.02),
)
_METRICS = {"ROUGE-L": 28.4, "BLEU-4": 8.1, "chrF++": 21.7, "bits per character": 3.42, "input_coverage": 61.2}
_SYSTEMS = ("tuned", "base: legal", "base: bare", "copy", "retrieval")
ANSWER = (
    "根据《中华人民共和国劳动合同法》第八十二条，用人单位自用工之日起超过一个月不满一年未与劳动者订立书面劳动合同的，"
    "应当向劳动者每月支付二倍的工资。"
)


def about(value: float, half: float = 0.05) -> Estimate:
    return Estimate(value=value, low=value - half, high=value + half)


def report(names: Sequence[str] | None = None, *, stands_for_itself: str = "") -> SuitabilityReport:
    """Of all datasets, or of those that are named."""
    found = [each for each in FOUND if names is None or each[0] in names]
    return SuitabilityReport(
        model="THUDM/chatglm-6b",
        stands_for_itself=stands_for_itself,
        domains=tuple(domain(*each) for each in found),
        matrix=matrix([name for name, _, _ in found]),
        settings={"seed": 42, "resamples": 10_000, "limits": {"source": 512, "target": 128}, "metrics": ["BLEU-4"]},
        versions={"python": "3.11.7", "torch": "2.11.0", "prep": "0.1.0"},
        made="2026-11-23T10:15:00+00:00",
        seconds=4_321.5,
        device="NVIDIA H100 80GB",
    )


def domain(name: str, verdict: Verdict, gain: float) -> DomainReport:
    return DomainReport(
        dataset=name,
        domain="legal",
        items=1043,
        run=f"runs/{name}-chatglm-6b-p_tuning_v2",
        method="p_tuning_v2",
        verdict=verdict,
        reasons={
            "en": f"Tuning saves {gain:+.2f} bits per character; most of it needs the item's own prompt.",
            "zh": f"微调后每字节省 {gain:+.2f} 比特，其中大部分依赖样本自身的提示。",
        },
        advice={"en": "Train on all records and serve the adapter.", "zh": "用全部记录训练，并部署该适配器。"},
        best_base="base: legal",
        scores=scores(),
        differences=differences(),
        gain=about(gain),
        style=about(gain * 0.3, 0.04),
        content=about(gain * 0.7, 0.06),
        forgotten={"general": about(0.11), "paper": about(-0.04, 0.02), "patent": about(0.01)},
        curve=curve(),
        cut={"prompt": 0.021, "history": 0.34, "answer": 0.152},
        cut_scores={"ROUGE-L": {"whole": 29.8, "cut": 21.3}, "BLEU-4": {"whole": 8.8, "cut": 4.6}},
        loss=losses(),
        lengths={"content": bell(40, 12), "summary": {**bell(180, 60), 4200: 1}},
        examples=examples(),
        ratings=Ratings(judgements=120, raters=2, wins=about(0.63, 0.09), kappa=0.58, more_needed=80),
    )


def scores() -> tuple[SystemScore, ...]:
    return tuple(
        SystemScore(
            system=system,
            metric=metric,
            estimate=Estimate(value=math.nan)
            if (system, metric) == ("copy", "bits per character")
            else about(value - n, 0.4),
            signature=f"{metric}|tok:char|smooth:3|empty:0|n:1043|prep:0.1",
        )
        for metric, value in _METRICS.items()
        for n, system in enumerate(_SYSTEMS)
    )


def differences() -> tuple[Difference, ...]:
    return tuple(
        Difference(
            metric=metric,
            against=against,
            estimate=about(-0.42 if metric.startswith("bits") else 1.0 + n, 0.1 if n < 3 else 9.0),
            effect=0.4,
            p=0.0001,
            p_holm=0.0005,
        )
        for against in ("retrieval", "base: legal")
        for n, metric in enumerate(_METRICS)
    )


def curve() -> LearningCurve:
    sizes = (250, 500, 1000, 2000, 4000)
    fitted = tuple(3.1 + 4 * size**-0.4 for size in sizes)
    return LearningCurve(
        sizes=sizes,
        bits=tuple((each + 0.01, each - 0.012) for each in fitted),
        fitted=fitted,
        gain_of_twice=about(0.035, 0.02),
    )


def losses() -> tuple[dict[str, float], ...]:
    rows = [
        {"step": float(step), "loss": 2 + 2 / (1 + step / 200) + 0.1 * math.sin(step)} for step in range(10, 3000, 10)
    ]
    return (*rows, *({"step": float(step), "eval_loss": 2.2 + 2 / (1 + step / 250)} for step in range(500, 3001, 500)))


def bell(middle: int, spread: int) -> dict[int, int]:
    counted = {n: round(400 * math.exp(-(((n - middle) / spread) ** 2) / 2)) for n in range(1, 3 * middle)}
    return {length: count for length, count in counted.items() if count}


def examples() -> tuple[Example, ...]:
    return tuple(
        Example(
            kind=kind,
            prompt="公司不签劳动合同，我能要求双倍工资吗？",
            reference=ANSWER,
            base="您好，这个问题比较复杂，建议您咨询当地律师。",
            tuned=ANSWER[:-9] + "双倍工资。" if kind != "worst" else "",
            gain=gain,
            record=f"test:{number}",
        )
        for number, (kind, gain) in enumerate((("best", 1.31), ("median", 0.4), ("worst", -0.62)), start=17)
    )


def matrix(names: Sequence[str]) -> Matrix:
    rows = ("untuned", *names)
    change = [
        [0.31 * math.sin(7 * r + 3 * c) - (0.4 if r == c + 1 else 0) for c in range(len(names))]
        for r in range(len(rows))
    ]
    half = 0.06
    return Matrix(
        rows=rows,
        columns=tuple(names),
        bits=tuple(
            tuple(
                None if r == len(names) > 2 and c == 0 else about(3.8 + (change[r][c] if r else 0), half)
                for c in range(len(names))
            )
            for r in range(len(rows))
        ),
        change=tuple(
            tuple(
                None if not r or (r == len(names) > 2 and c == 0) else about(change[r][c], half)
                for c in range(len(names))
            )
            for r in range(len(rows))
        ),
    )


def nasty() -> SuitabilityReport:
    """Every text, also names of metrics, systems and settings, is markup."""
    found: SuitabilityReport = _poisoned(report(("legal", "patent"), stands_for_itself="tiny"))
    return replace(found, matrix=_poisoned(matrix(("legal", "patent"))))


_CHOSEN = {"verdict", "kind"}
"""Fields of which only known words are read."""


def _poisoned(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            each.name: _poisoned(getattr(value, each.name)) for each in fields(value) if each.name not in _CHOSEN
        }
        return replace(value, **changed)
    if isinstance(value, dict):
        is_fixed = value.keys() & {"en", "step", "whole"}
        return {
            key if is_fixed or not isinstance(key, str) else f"{key}{NASTY}": _poisoned(of) for key, of in value.items()
        }
    if isinstance(value, (tuple, list)):
        return type(value)(map(_poisoned, value))
    return f"{value}{NASTY}" if isinstance(value, str) and value != "tuned" else value
