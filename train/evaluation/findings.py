"""What the measurements of one dataset show: scores, differences, gains, and the evidence that a verdict is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

from schemas.report import Difference, Estimate, LearningCurve, SystemScore
from train.evaluation.evidence import Compared, evidence_of
from train.evaluation.measurement import ANY, TUNED, Measurement
from train.evaluation.scores import Draws, Scored, compared, differences, per_character, scored, system_scores
from train.evaluation.settings import Settings
from train.judging.evidence import Evidence
from train.metrics.bits import BITS_PER_CHARACTER
from train.metrics.metric import Metric
from train.metrics.registry import METRICS


@dataclass(frozen=True, kw_only=True, eq=False)
class Findings:
    """Of one dataset; ``evidence`` is None where nothing was tuned."""

    measurement: Measurement
    scores: Sequence[SystemScore]
    differences: Sequence[Difference]
    gain: Estimate
    style: Estimate
    content: Estimate
    forgotten: Mapping[str, Estimate]
    cut_scores: Mapping[str, Mapping[str, float]]
    curve: LearningCurve
    evidence: Evidence | None
    p: float
    """Of what tuning saves beyond the best prompt."""


def find(measurement: Measurement, settings: Settings, curve: LearningCurve) -> Findings:
    draws = Draws(seed=settings.seed, resamples=settings.resamples)
    every = [*METRICS.values()]
    systems = {name: scored(answers, every) for name, answers in measurement.answers.items()}
    shown = {name: found for name, found in systems.items() if name != ANY}
    tuned = systems.get(TUNED)
    against = {name: compared(tuned, found, every, draws) for name, found in systems.items() if tuned and name != TUNED}
    evidence, p = evidence_of(measurement, Compared(systems, against), curve, draws) if tuned else (None, nan)
    parts = _parts(measurement, draws) if tuned else {}
    nothing = Estimate(value=nan)
    return Findings(
        measurement=measurement,
        scores=[score for name, found in shown.items() for score in system_scores(name, found, settings.shown, draws)]
        + _bare(measurement, draws, settings.shown),
        differences=[
            each for name, found in against.items() if name != ANY for each in differences(name, found, settings.shown)
        ],
        **{name: parts.get(name, nothing) for name in ("gain", "style", "content")},
        forgotten=_forgotten(measurement, draws),
        cut_scores=_cut_scores(measurement, tuned or systems[measurement.best_base], settings.shown),
        curve=curve,
        evidence=evidence,
        p=p,
    )


_SIGNS: Mapping[str, Mapping[str, int]] = {
    "gain": {"best": 1, "tuned": -1},
    "style": {"best shuffled": 1, "tuned shuffled": -1},
    "content": {"best": 1, "tuned": -1, "best shuffled": -1, "tuned shuffled": 1},
}


def _parts(measurement: Measurement, draws: Draws) -> dict[str, Estimate]:
    characters = measurement.characters
    return {name: per_character(measurement.bits, signs, characters, draws)[0] for name, signs in _SIGNS.items()}


def _forgotten(measurement: Measurement, draws: Draws) -> dict[str, Estimate]:
    return {
        name: per_character(
            {"base": found.base, "tuned": found.tuned}, {"base": -1, "tuned": 1}, found.characters, draws
        )[0]
        for name, found in measurement.elsewhere.items()
    }


def _bare(measurement: Measurement, draws: Draws, metrics: Sequence[Metric]) -> list[SystemScore]:
    """The bare base's bits, where another way was best: its answers are not asked for."""
    if measurement.best.name == "bare" or BITS_PER_CHARACTER not in metrics:
        return []
    bits, _ = per_character(measurement.bits, {"bare": 1}, measurement.characters, draws)
    signature = BITS_PER_CHARACTER.signature(len(measurement.items))
    return [SystemScore(system="base: bare", metric=BITS_PER_CHARACTER.name, estimate=bits, signature=signature)]


def _cut_scores(measurement: Measurement, found: Scored, metrics: Sequence[Metric]) -> dict[str, dict[str, float]]:
    cut = measurement.cut.any
    if not cut.any():
        return {}
    kinds = {"whole": ~cut, "cut": cut}
    return {
        metric.name: {
            kind: float(metric.value(found.statistics[metric.name][chosen].mean(axis=0)))
            for kind, chosen in kinds.items()
            if chosen.any()
        }
        for metric in metrics
        if metric.name in found.statistics
    }
