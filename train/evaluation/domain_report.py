"""Findings become the part of a report that is about one dataset, verdict and advice in both languages."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from schemas.report import DomainReport, Lang, Ratings
from schemas.run import LOG
from train.callbacks.log import read_log
from train.evaluation.examples import examples_of
from train.evaluation.findings import Findings
from train.evaluation.people import preferred
from train.judging.verdict import Verdict, verdict
from train.judging.wording import words

NOTHING_TUNED: Mapping[Lang, str] = {
    "zh": "只评测了基座模型：没有微调后的模型，无从得出结论。",
    "en": "Only the base was evaluated: without a tuned model there is nothing to judge.",
}
TUNE: Mapping[Lang, str] = {
    "zh": "先用 prep train 训练，再用 --run 评测。",
    "en": "Train with prep train, then evaluate with --run.",
}


def domain_report(
    findings: Findings, *, run: str, method: str, p: float | None = None, ratings: Ratings | None = None
) -> DomainReport:
    """``p`` is the evidence's, after the correction over all domains of the report; None for a domain alone."""
    measurement, evidence, said = findings.measurement, findings.evidence, ratings or Ratings()
    judged = None if evidence is None else verdict(replace(evidence, p=p, preferred=preferred(said)))
    return DomainReport(
        dataset=measurement.dataset.name,
        domain=measurement.dataset.domain,
        items=len(measurement.items),
        run=run,
        method=method,
        verdict="undecided" if judged is None else judged.name,
        reasons=NOTHING_TUNED if judged is None else {"zh": _why(judged, "zh"), "en": _why(judged, "en")},
        advice=TUNE if judged is None else {"zh": words(judged, "zh").advice, "en": words(judged, "en").advice},
        best_base=measurement.best_base,
        scores=findings.scores,
        differences=findings.differences,
        gain=findings.gain,
        style=findings.style,
        content=findings.content,
        forgotten=findings.forgotten,
        curve=findings.curve,
        cut=measurement.cut.shares,
        cut_scores=findings.cut_scores,
        loss=_losses(run),
        lengths=measurement.lengths,
        examples=examples_of(measurement),
        ratings=said,
        untried=measurement.untried,
    )


def _why(judged: Verdict, lang: Lang) -> str:
    said = words(judged, lang)
    return ("" if lang == "zh" else " ").join([said.reason, *said.doubts, *said.caveats])


def _losses(run: str) -> list[dict[str, float]]:
    return read_log(Path(run) / LOG) if run else []
