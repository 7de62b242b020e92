"""Measurements as the evidence that a verdict is made of: shares with intervals, the same for every model."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schemas.report import LearningCurve
from train.evaluation.measurement import ANY, COPY, RETRIEVAL, Measurement
from train.evaluation.scores import Draws, Scored, compared
from train.evaluation.stand_in import kind_of
from train.judging.comparison import Comparison
from train.judging.evidence import Evidence
from train.judging.gains import Bits, Gains, forgetting, gains
from train.judging.intervals import Interval
from train.judging.thresholds import PRIMARY
from train.metrics.registry import METRICS

Chosen = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Compared:
    """Ways of answering, and the tuned one against each other, by metric."""

    systems: Mapping[str, Scored]
    against: Mapping[str, Mapping[str, Comparison]]

    def primary(self, system: str) -> Interval | None:
        return self.against[system][PRIMARY].share if system in self.against else None


def evidence_of(
    measurement: Measurement, found: Compared, curve: LearningCurve, draws: Draws
) -> tuple[Evidence, float]:
    """The evidence, and how often chance alone would save as much beyond the best prompt."""
    whole = ~measurement.cut.any
    every = _gains(measurement, np.ones_like(whole), draws)
    evidence = Evidence(
        items=len(measurement.items),
        examples=measurement.examples,
        base=kind_of(measurement.models.base.base),
        total=every.total.interval,
        prompting=every.prompting.interval,
        saved=every.saved.interval,
        content=every.content.interval,
        whole=_gains(measurement, whole, draws).saved.interval if whole.any() else None,
        cut=float(measurement.cut.any.mean()),
        against_base=found.primary(measurement.best_base),
        against_copy=found.primary(COPY),
        against_retrieval=_texts(found.against.get(RETRIEVAL, {})),
        retrieved=_retrieved(found.systems, draws),
        forgetting={
            name: forgetting(each.base, each.tuned, seed=draws.seed, resamples=draws.resamples).interval
            for name, each in measurement.elsewhere.items()
        },
        doubling=_doubling(measurement, curve),
    )
    return evidence, every.saved.p


def _gains(measurement: Measurement, chosen: Chosen, draws: Draws) -> Gains:
    column = {name: bits[chosen] for name, bits in measurement.bits.items()}
    bits = Bits(
        bare=column["bare"],
        prompted=column["best"],
        base_own=column["own"],
        base_other=column["own shuffled"],
        tuned_own=column["tuned"],
        tuned_other=column["tuned shuffled"],
    )
    return gains(bits, seed=draws.seed, resamples=draws.resamples)


def _texts(found: Mapping[str, Comparison]) -> dict[str, Interval]:
    """Of metrics of which more is better, those with an upper end."""
    return {
        name: comparison.share
        for name, comparison in found.items()
        if comparison.share is not None and METRICS[name].better == "more"
    }


def _retrieved(systems: Mapping[str, Scored], draws: Draws) -> Interval | None:
    """The nearest training answer less any training answer."""
    if RETRIEVAL not in systems:
        return None
    return compared(systems[RETRIEVAL], systems[ANY], [METRICS[PRIMARY]], draws)[PRIMARY].share


def _doubling(measurement: Measurement, curve: LearningCurve) -> Interval | None:
    """Bits per character become a share of the bare base's."""
    twice = curve.gain_of_twice
    if twice is None or twice.low is None or twice.high is None:
        return None
    bare = float(measurement.bits["bare"].sum() / measurement.characters.sum())
    return Interval(twice.value, twice.low, twice.high) / bare
