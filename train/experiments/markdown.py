"""The report of an experiment as Markdown, in the order of a paper."""

from collections.abc import Iterator

from schemas.experiment import ExperimentReport
from schemas.report import Lang
from train.experiments.tables import Table, by_dataset, cells_table, cost_table, marked, rows_table, scores
from train.experiments.words import known, outcome_name, said
from train.report.markdown import escaped, table
from train.report.numbers import chance, duration, flat, interval, moment, number, share, shares, with_interval
from train.report.words import in_lang


def markdown(report: ExperimentReport, lang: Lang) -> str:
    """The whole file."""
    parts = (_purpose, _data, _settings, _loss, _metrics, _rating, _conclusion, _cost, _sources)
    lines = [line for part in parts for line in part(report, lang)]
    return "\n".join(lines).strip() + "\n"


def _purpose(report: ExperimentReport, lang: Lang) -> Iterator[str]:
    yield f"# {said('experiment', lang)}{said('colon', lang)}{escaped(report.name)}\n"
    facts = {"model": report.model, "made": moment(report.made), "device": report.device}
    yield " · ".join(f"{said(key, lang)} {escaped(value)}" for key, value in facts.items()) + "\n"
    yield f"**{outcome_name(report.outcome, lang)}.** {escaped(in_lang(report.conclusion, lang))}\n"
    yield from _caution(report, lang)
    yield f"## {said('purpose', lang)}\n\n{escaped(in_lang(report.question, lang))}\n"
    for key, names in (("changed", report.changed), ("held_fixed", report.held_fixed)):
        yield f"- {said(key, lang)}{said('colon', lang)}{escaped(', '.join(known(name, lang) for name in names))}"
    yield f"\n{said('success', lang)}{said('colon', lang).rstrip()}\n"
    yield from (f"- {escaped(stated(report, number))}" for number in range(len(report.claims)))
    yield ""


def stated(report: ExperimentReport, place: int) -> str:
    """A statement of success in one line, without what came of it."""
    claim = report.claims[place]
    sign = ">" if claim.direction == "more" else "<"
    margin = claim.margin if claim.direction == "more" else -claim.margin
    return f"{claim.metric}({claim.row}) - {claim.metric}({claim.baseline}) {sign} {margin:g} ({claim.dataset})"


def _caution(report: ExperimentReport, lang: Lang) -> Iterator[str]:
    if report.stands_for_itself:
        yield f"**{said('caution', lang)}** {escaped(report.stands_for_itself)}\n"


def _data(report: ExperimentReport, lang: Lang) -> Iterator[str]:
    yield f"## {said('data', lang)}\n"
    yield from table([said("data", lang), ""], [[escaped(n), escaped(v)] for n, v in flat(report.data)], names=2)


def _settings(report: ExperimentReport, lang: Lang) -> Iterator[str]:
    yield f"## {said('settings', lang)}\n"
    yield from _table(cells_table(report, lang))
    if report.confounded:
        yield f"**{said('confounded', lang)}.** {said('confounded_note', lang)}\n"
        for confound in report.confounded:
            values = ", ".join(f"{cell} {'?' if v is None else f'{v:,.6g}'}" for cell, v in confound.values.items())
            yield f"- {escaped(known(confound.name, lang))}{said('colon', lang)}{escaped(values)}"
        yield ""
    else:
        yield f"{said('not_confounded', lang)}\n"
    yield from _table(rows_table(report, lang), names=3)


def _loss(report: ExperimentReport, lang: Lang) -> Iterator[str]:
    yield f"## {said('loss', lang)}\n"
    head = [said(key, lang) for key in ("cell", "steps", "loss")]
    rows = [
        [escaped(cell.name), f"{row['step']:,.0f}", number(row["loss"])]
        for cell in report.cells
        for row in [row for row in cell.loss if "loss" in row][-1:]
    ]
    yield from table(head, rows)


def _metrics(report: ExperimentReport, lang: Lang) -> Iterator[str]:
    yield f"## {said('metrics', lang)}\n\n{said('metrics_note', lang)}\n"
    for dataset, rows in by_dataset(report).items():
        yield f"### {escaped(dataset)}\n"
        head = [said("metric", lang), *(escaped(marked(row.name, report)) for row in rows)]
        found = scores(rows).items()
        yield from table(
            head, ([escaped(n), *(with_interval(s.estimate if s else None) for s in each)] for n, each in found)
        )
        keys = ("metric", "row", "difference", "interval", "effect", "p")
        lines = [
            [
                escaped(each.metric),
                escaped(row.name),
                number(each.estimate.value, sign=True),
                interval(each.estimate, sign=True),
                number(each.effect, sign=True),
                escaped(chance(each.p)),
            ]
            for row in rows
            for each in row.differences
        ]
        yield f"{said('differences', lang)}{said('colon', lang).rstrip()}\n"
        yield from table([said(key, lang) for key in keys], lines, names=2)


def _rating(report: ExperimentReport, lang: Lang) -> Iterator[str]:
    yield f"## {said('rating', lang)}\n\n{escaped(rating_line(report, lang))}\n"


def rating_line(report: ExperimentReport, lang: Lang) -> str:
    """What people said, in a line."""
    row, baseline = report.rated
    of = report.ratings
    if not of.judgements:
        return said("rating_none", lang, row=row, baseline=baseline)
    parts = []
    if of.wins is not None:
        parts = [f"{share(of.wins.value)} {shares(of.wins)} {said('rating_wins', lang, row=row, baseline=baseline)}"]
    parts += [f"{of.judgements:,} {said('judgements', lang)}", f"{of.raters} {said('raters', lang)}"]
    return " · ".join([*parts, *([f"{said('kappa', lang)} {number(of.kappa)}"] if of.kappa is not None else [])])


def _conclusion(report: ExperimentReport, lang: Lang) -> Iterator[str]:
    yield f"## {said('conclusion', lang)}\n"
    yield f"**{outcome_name(report.outcome, lang)}.** {escaped(in_lang(report.conclusion, lang))}\n"
    yield from _caution(report, lang)


def _cost(report: ExperimentReport, lang: Lang) -> Iterator[str]:
    yield f"## {said('cost', lang)}\n"
    yield from _table(cost_table(report, lang))
    cost = report.cost
    told = {"training_seconds": duration(cost["training_seconds"]), "seconds": duration(cost["seconds"])}
    told["answered"] = f"{cost['answered']:,.0f}"
    yield " · ".join(f"{said(key, lang)} {value}" for key, value in told.items()) + "\n"


def _sources(report: ExperimentReport, lang: Lang) -> Iterator[str]:
    signatures = dict.fromkeys(score.signature for row in report.rows for score in row.scores)
    yield f"## {said('signatures', lang)}\n"
    yield "".join(f"- {escaped(signature)}\n" for signature in signatures)
    for key, values in (("stated", report.settings), ("versions", report.versions)):
        lines = [[escaped(name), escaped(value)] for name, value in flat(values)]
        yield from table([said(key, lang), ""], lines, names=2)


def _table(found: Table, names: int = 1) -> list[str]:
    head, rows = found
    return table([*map(escaped, head)], [[*map(escaped, row)] for row in rows], names=names)
