"""The report as Markdown: the tables of the page, readable on a terminal and on a hub."""

import re
from collections.abc import Iterable, Iterator, Sequence

from schemas.report import DomainReport, Example, Lang, Matrix, SuitabilityReport
from train.report.directions import arrow
from train.report.numbers import (
    NONE,
    chance,
    duration,
    flat,
    interval,
    metrics,
    moment,
    most_forgotten,
    number,
    share,
    systems,
    untried,
    with_interval,
)
from train.report.ratings import ratings_line
from train.report.words import in_lang, said, verdict_name

_MARKS = re.compile(r"([\\`*\[\]|])")


def markdown(report: SuitabilityReport, lang: Lang = "en") -> str:
    """The whole file."""
    return "\n".join([*_head(report, lang), *_domains(report, lang), *_sources(report, lang)]).strip() + "\n"


def escaped(text: str) -> str:
    """One line that Markdown shows as it is, in a table too."""
    html = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKS.sub(r"\\\1", " ".join(html.split()))


def fenced(text: str) -> str:
    """A block that shows a text as it is, whatever fences stand in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, names: int = 1) -> list[str]:
    """The first ``names`` columns hold words; the cells are escaped already."""
    rule = ["---" if column < names else "---:" for column in range(len(head))]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)] + [""]


def _caution(report: SuitabilityReport, lang: Lang) -> str:
    return f"**{said('caution', lang)}** {escaped(report.stands_for_itself)}" if report.stands_for_itself else ""


def _head(report: SuitabilityReport, lang: Lang) -> Iterator[str]:
    yield f"# {said('title', lang)}\n"
    facts = {
        "model": report.model,
        "made": moment(report.made),
        "took": duration(report.seconds),
        "device": report.device,
    }
    yield " · ".join(f"{said(key, lang)} {escaped(value)}" for key, value in facts.items()) + "\n"
    caution = _caution(report, lang)
    yield f"{caution}\n" if caution else ""
    if not report.domains:
        yield said("no_datasets", lang)
        return
    head = [said(key, lang) for key in ("dataset", "verdict", "saved", "content", "most_forgotten", "best_base")]
    yield from table(head, [_verdict_row(report, domain, lang) for domain in report.domains], names=2)
    if report.matrix is not None:
        yield f"## {said('matrix', lang)}\n\n{said('matrix_note', lang)}\n"
        yield from _matrix(report.matrix, lang)
        yield f"{caution}\n" if caution else ""


def _verdict_row(report: SuitabilityReport, domain: DomainReport, lang: Lang) -> list[str]:
    caution, lost = _caution(report, lang), most_forgotten(domain)
    return [
        escaped(domain.dataset),
        f"**{verdict_name(domain.verdict, lang)}**" + (f" ({caution})" if caution else ""),
        with_interval(domain.gain, sign=True),
        with_interval(domain.content, sign=True),
        f"{escaped(lost[0])} {with_interval(lost[1], sign=True)}" if lost else NONE,
        escaped(domain.best_base),
    ]


def _matrix(matrix: Matrix, lang: Lang) -> list[str]:
    rows = []
    for name, all_bits, changes in zip(matrix.rows, matrix.bits, matrix.change, strict=True):
        cells = []
        for bits, change in zip(all_bits, changes, strict=True):
            if bits is None:
                cells.append(said("not_measured", lang))
            elif change is None:
                cells.append(with_interval(bits))
            else:
                cells.append(f"{number(bits.value)} ({with_interval(change, sign=True)})")
        rows.append([escaped(name), *cells])
    return table([said("tuned_on", lang), *map(escaped, matrix.columns)], rows)


def _domains(report: SuitabilityReport, lang: Lang) -> Iterator[str]:
    for domain in report.domains:
        caution = _caution(report, lang)
        yield f"## {escaped(domain.dataset)}: {verdict_name(domain.verdict, lang)}\n"
        yield f"{caution}\n" if caution else ""
        yield f"**{said('why', lang)}:** {escaped(in_lang(domain.reasons, lang))}\n"
        yield f"**{said('do', lang)}:** {escaped(in_lang(domain.advice, lang))}\n"
        yield from _scores(domain, lang)
        yield from _parts(domain, lang)
        yield from _cut(domain, lang)
        yield from _ratings(domain, lang)
        for example in domain.examples:
            yield from _example(domain, example, lang)


def _scores(domain: DomainReport, lang: Lang) -> Iterator[str]:
    ways, found = systems(domain), metrics(domain)
    if found:
        yield f"### {said('scores', lang)}\n"
        head = [said("metric", lang), *(escaped(way) if way != "tuned" else said("tuned", lang) for way in ways)]
        estimates = {name: {way: score.estimate for way, score in scores.items()} for name, scores in found.items()}
        yield from table(
            head,
            (
                [f"{escaped(n)} {arrow(n)}".rstrip(), *(with_interval(e.get(w)) for w in ways)]
                for n, e in estimates.items()
            ),
        )
    if domain.untried:
        yield f"{said('untried', lang)}{said('colon', lang)}{escaped(untried(domain, said('tokens', lang)))}\n"
    if domain.differences:
        yield f"### {said('differences', lang)}\n"
        keys = ("metric", "against", "difference", "interval", "effect", "p", "p_holm")
        rows = (
            [
                escaped(each.metric),
                escaped(each.against),
                number(each.estimate.value, sign=True),
                interval(each.estimate, sign=True),
                number(each.effect, sign=True),
                escaped(chance(each.p)),
                escaped(chance(each.p_holm)),
            ]
            for each in domain.differences
        )
        yield from table([said(key, lang) for key in keys], rows, names=2)
    signatures = dict.fromkeys(score.signature for scores in found.values() for score in scores.values())
    if signatures:
        yield f"### {said('signatures', lang)}\n"
        yield "".join(f"- {escaped(signature)}\n" for signature in signatures)


def _parts(domain: DomainReport, lang: Lang) -> Iterator[str]:
    yield f"### {said('content_style', lang)}\n"
    yield from table([said(key, lang) for key in ("gain", "content", "style")], [_content_row(domain)], names=0)
    yield f"### {said('forgotten', lang)}\n"
    if domain.forgotten:
        rows = ([escaped(name), with_interval(each, sign=True)] for name, each in domain.forgotten.items())
        yield from table([said("dataset", lang), said("unit", lang)], rows)
    else:
        yield said("forgotten_none", lang) + "\n"
    yield f"### {said('curve', lang)}\n"
    curve = domain.curve
    if len(curve.sizes):
        sized = zip(curve.sizes, curve.bits, strict=False)
        yield from table(
            [said("records", lang), said("unit", lang)], ([f"{n:,}", ", ".join(map(number, b))] for n, b in sized)
        )
    if curve.gain_of_twice is not None:
        yield f"{said('twice', lang)} {with_interval(curve.gain_of_twice, sign=True)} {said('unit', lang)}\n"
    else:
        yield f"{said('curve_open', lang)}: {escaped(curve.reason) or said('curve_none', lang)}\n"


def _content_row(domain: DomainReport) -> list[str]:
    return [with_interval(each, sign=True) for each in (domain.gain, domain.content, domain.style)]


def _cut(domain: DomainReport, lang: Lang) -> Iterator[str]:
    if domain.cut or domain.cut_scores:
        yield f"### {said('cut', lang)}\n"
        yield ", ".join(f"{escaped(part)} {share(portion)}" for part, portion in domain.cut.items()) + "\n"
    if domain.cut_scores:
        head = [said(key, lang) for key in ("metric", "whole", "cut_items")]
        cells = domain.cut_scores.items()
        yield from table(head, ([escaped(n), number(of.get("whole")), number(of.get("cut"))] for n, of in cells))


def _ratings(domain: DomainReport, lang: Lang) -> Iterator[str]:
    yield f"### {said('ratings', lang)}\n"
    yield ratings_line(domain.ratings, lang) + "\n"


def _example(domain: DomainReport, example: Example, lang: Lang) -> Iterator[str]:
    place = f"prep explain {escaped(domain.dataset)} {escaped(example.record)}"
    yield f"### {said(example.kind, lang)}: {number(example.gain, sign=True)} {said('unit', lang)} ({place})\n"
    for key, text in (
        ("prompt", example.prompt),
        ("reference", example.reference),
        ("base", example.base),
        ("tuned", example.tuned),
    ):
        yield f"{said(key, lang)}:\n\n{fenced(text)}\n"


def _sources(report: SuitabilityReport, lang: Lang) -> Iterator[str]:
    yield f"## {said('sources', lang)}\n"
    keys = ("dataset", "run", "method", "best_base", "items_head")
    rows = (
        [*map(escaped, (each.dataset, each.run, each.method, each.best_base)), f"{each.items:,}"]
        for each in report.domains
    )
    yield from table([said(key, lang) for key in keys], rows, names=4)
    for key, values in (("settings", report.settings), ("versions", report.versions)):
        lines = [[escaped(name), escaped(value)] for name, value in flat(values)]
        yield from table([said(key, lang), ""], lines, names=2)
