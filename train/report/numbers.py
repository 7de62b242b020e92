"""Numbers as people read them, the same in every form of the report."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from schemas.report import DomainReport, Estimate, Matrix, SystemScore

NONE = "–"


def number(value: float | None, *, sign: bool = False) -> str:
    """Three decimals below 10, two above; a dash for what is no number."""
    if value is None or math.isnan(value):
        return NONE
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:{'+' if sign else ''},.{2 if abs(value) >= 10 else 3}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-+")


def interval(estimate: Estimate, *, sign: bool = False) -> str:
    """``[0.101, 0.145]``; empty where there is none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"[{number(estimate.low, sign=sign)}, {number(estimate.high, sign=sign)}]"


def with_interval(estimate: Estimate | None, *, sign: bool = False) -> str:
    """``0.123 [0.101, 0.145]``; a dash where nothing was measured."""
    if estimate is None:
        return NONE
    return f"{number(estimate.value, sign=sign)} {interval(estimate, sign=sign)}".rstrip()


def share(value: float) -> str:
    return NONE if math.isnan(value) else f"{value:.1%}"


def shares(part: Estimate) -> str:
    """``[54.0%, 72.0%]``; empty where there is no interval."""
    return "" if part.low is None or part.high is None else f"[{share(part.low)}, {share(part.high)}]"


def moment(made: str) -> str:
    """``2026-11-23 10:15 UTC``; anything but a time is left as it is."""
    try:
        at = datetime.fromisoformat(made)
    except ValueError:
        return made
    return f"{at:%Y-%m-%d %H:%M} {at.tzname() or ''}".rstrip()


def chance(p: float | None) -> str:
    """A p value; never 0, which no resampling can show."""
    if p is None or math.isnan(p):
        return NONE
    return f"{p:.3f}" if p >= 0.001 else "<0.001"


def duration(seconds: float) -> str:
    """``1 h 04 min``, ``3 min 20 s``, ``12.3 s``"""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{seconds:.1f} s"


def is_clear(estimate: Estimate) -> bool:
    """Whether the interval lies on one side of 0."""
    return estimate.low is not None and estimate.high is not None and (estimate.low > 0 or estimate.high < 0)


def tone(estimate: Estimate, *, better: float) -> str:
    """``better``, ``worse`` or ``unclear``; ``better`` is the sign of what one wishes for."""
    if not is_clear(estimate) or not better:
        return "unclear"
    return "better" if estimate.value * better > 0 else "worse"


def systems(domain: DomainReport) -> list[str]:
    """Ways of answering, each once: tuned first, then the best base, then as they come."""
    found = dict.fromkeys(score.system for score in domain.scores)
    return sorted(found, key=lambda name: {"tuned": 0, domain.best_base: 1}.get(name, 2))


def untried(domain: DomainReport, tokens: str) -> str:
    """Ways to ask the base that left no room for a question, with what they take."""
    return ", ".join(f"{way} ({taken:,} {tokens})" for way, taken in domain.untried.items())


def metrics(domain: DomainReport) -> dict[str, dict[str, SystemScore]]:
    """Metric -> way of answering -> its score."""
    found: dict[str, dict[str, SystemScore]] = {}
    for score in domain.scores:
        found.setdefault(score.metric, {})[score.system] = score
    return found


def most_forgotten(domain: DomainReport) -> tuple[str, Estimate] | None:
    """The other dataset on which most was lost; None where none was looked at."""
    known = [(name, each) for name, each in domain.forgotten.items() if not math.isnan(each.value)]
    return max(known, key=lambda item: item[1].value, default=None)


def largest_change(matrix: Matrix) -> float:
    """The largest change in either direction, to colour the others by."""
    changes = [abs(each.value) for row in matrix.change for each in row if each is not None]
    return max((each for each in changes if math.isfinite(each)), default=0.0) or 1.0


def flat(values: Mapping[str, object], before: str = "") -> list[tuple[str, str]]:
    """Nested settings as lines: ``thresholds.harmful`` and its value."""
    lines: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            lines += flat(value, f"{before}{name}.")
        else:
            lines.append((f"{before}{name}", _shown(value)))
    return lines


def _shown(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value)) or NONE
    if isinstance(value, float):
        return f"{value:.4g}"
    return NONE if value is None or value in ("", {}) else str(value)
