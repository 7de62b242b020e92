"""The choices of an evaluation: every number of a report depends on these, the models and the data alone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from schemas.errors import OptionError
from train.answer.generate import Decoding
from train.answer.manner import Sampling
from train.baselines.few_shot import MOST_SHOTS
from train.judging import thresholds
from train.judging.bootstrap import CONFIDENCE, RESAMPLES
from train.metrics.metric import Metric
from train.metrics.registry import METRICS


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Each of these changes numbers, ``batch_size`` and ``decoding`` in half precision only."""

    items: int | None = None
    """Of the test split, a seeded sample; None: all."""
    dev_items: int = 500
    """On which the base's best way of asking is chosen."""
    other_items: int = 1000
    """Of each other dataset."""
    examples: int = MOST_SHOTS
    """Training pairs that the base is shown at most."""
    sampling: Sampling = "greedy"
    metrics: tuple[str, ...] = ()
    """That the report shows; none: all."""
    resamples: int = RESAMPLES
    seed: int = 42
    batch_size: int = 8
    decoding: Decoding = "slots"
    curve: bool = False
    """Trains on parts of the data."""

    def __post_init__(self) -> None:
        """Raises OptionError for metrics that there are not."""
        unknown = [name for name in self.metrics if name not in METRICS]
        if unknown:
            raise OptionError(f"no metric {unknown[0]!r}; choose of: {', '.join(METRICS)}")

    @property
    def shown(self) -> list[Metric]:
        return [METRICS[name] for name in self.metrics] or [*METRICS.values()]

    def facts(self) -> Mapping[str, Any]:
        limits = {name: value for name, value in vars(thresholds).items() if name.isupper()}
        return {**asdict(self), "confidence": CONFIDENCE, "thresholds": limits}
