"""What the measurements say of each dataset: verdicts that hold for all of them together, and no more than was seen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import nan

from schemas.report import Difference, DomainReport, Estimate
from train.evaluation.domain_report import domain_report
from train.evaluation.findings import Findings, find
from train.judging.comparison import holm
from train.judging.intervals import anything
from train.suitability.datasets import mixed_of
from train.suitability.matrix import compared_on
from train.suitability.study import Study
from train.suitability.tuning import Tuning
from train.suitability.words import GO_ON, NOT_REACHED, beside, joined, missing


def judged(studies: Sequence[Study]) -> list[DomainReport]:
    """One report a row, in their order; p is corrected over all that were asked about, reached or not."""
    rows = {study.setup.called(each.name): (study, each) for study in studies for each in study.setup.tunings}
    found = {row: _found(study, tuning) for row, (study, tuning) in rows.items() if tuning.name in study.own}
    p = holm({row: found[row].p if row in found else nan for row in rows})
    made = {
        row: _report(study, tuning, found[row], p[row]) if row in found else _not_reached(tuning)
        for row, (study, tuning) in rows.items()
    }
    reports = [replace(report, dataset=row) for row, report in made.items()]
    corrected = _corrected({(report.dataset, role): each for report in reports for role, each in _roles(report)})
    return [
        replace(report, differences=[corrected[report.dataset, role] for role, _ in _roles(report)])
        for report in reports
    ]


def _found(study: Study, tuning: Tuning) -> Findings:
    """What was not looked at may have been forgotten whole."""
    there = {other.name: study.elsewhere.get((tuning.name, other.name)) for other in study.setup.elsewhere(tuning)}
    measured = {name: each for name, each in there.items() if each is not None}
    measurement = replace(study.own[tuning.name], elsewhere=measured)
    findings = find(measurement, study.setup.settings, study.curves[tuning.name])
    if findings.evidence is None:
        return findings
    unknown = {name: anything(nan) for name, each in there.items() if each is None}
    return replace(
        findings,
        evidence=replace(findings.evidence, forgetting={**findings.evidence.forgetting, **unknown}),
    )


def _report(study: Study, tuning: Tuning, findings: Findings, p: float) -> DomainReport:
    tuned = study.models[tuning.name].tuned
    report = domain_report(findings, run=str(tuning.folder), method=str(tuned.method if tuned else ""), p=p)
    more = []
    if names := study.missing(tuning):
        more.append(missing(names))
    for other in mixed_of(tuning.dataset):
        if differences := compared_on(study, tuning.name, other):
            more.append(beside(other, differences))
    return replace(report, reasons=joined(report.reasons, *more))


def _not_reached(tuning: Tuning) -> DomainReport:
    nothing = Estimate(value=nan)
    return DomainReport(
        dataset=tuning.name,
        domain=tuning.dataset.domain,
        items=0,
        run=str(tuning.folder),
        method=tuning.recipe.method if tuning.recipe else "",
        verdict="undecided",
        reasons=NOT_REACHED,
        advice=GO_ON,
        best_base="",
        scores=(),
        differences=(),
        gain=nothing,
        style=nothing,
        content=nothing,
    )


Role = tuple[str, str]
"""A metric, and against what: the best base of each dataset is another, but has the same part."""


def _roles(report: DomainReport) -> Iterator[tuple[Role, Difference]]:
    for each in report.differences:
        yield (each.metric, "base" if each.against == report.best_base else each.against), each


def _corrected(differences: Mapping[tuple[str, Role], Difference]) -> dict[tuple[str, Role], Difference]:
    """Each metric's p values against one kind of system, over the datasets."""
    corrected = dict(differences)
    for role in dict.fromkeys(role for _, role in differences):
        p = holm({dataset: each.p for (dataset, asked), each in differences.items() if asked == role})
        for dataset, value in p.items():
            corrected[dataset, role] = replace(differences[dataset, role], p_holm=value)
    return corrected
