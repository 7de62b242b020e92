"""Which way a metric is better: a difference that is neither good nor bad must not look like one."""

from schemas.report import Difference
from train.metrics.registry import METRICS
from train.report.numbers import tone

_ARROWS = {"more": "↑", "less": "↓"}


def arrow(metric: str) -> str:
    """Empty for a metric that is neither, or that we do not know."""
    return _ARROWS.get(METRICS[metric].better, "") if metric in METRICS else ""


def has_direction(metric: str) -> bool:
    return metric not in METRICS or METRICS[metric].better != "neither"


def is_turned(difference: Difference) -> bool:
    """Whether less is better; of a metric that we do not know, by its effect, of which more always is."""
    if difference.metric in METRICS:
        return METRICS[difference.metric].better == "less"
    return difference.effect * difference.estimate.value < 0


def tone_of(difference: Difference) -> str:
    """``better``, ``worse`` or ``unclear``."""
    if not has_direction(difference.metric):
        return "unclear"
    return tone(difference.estimate, better=-1 if is_turned(difference) else 1)
