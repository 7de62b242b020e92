"""The report on a terminal: every verdict with its reason, what it rests on, and what to do."""

from collections.abc import Callable, Iterator, Sequence

from schemas.report import MARKDOWN, DomainReport, Lang, Matrix, SuitabilityReport
from train.report.columns import columns_of, table, wrapped
from train.report.numbers import NONE, metrics, most_forgotten, number, with_interval
from train.report.ratings import ratings_line
from train.report.words import MARKS, TONES, in_lang, said, verdict_name

Paint = Callable[[str], str]
"""Makes a heading stand out; does nothing where there is no colour."""
_NARROWEST = 40
_INDENT = "  "


def summary(
    report: SuitabilityReport, width: int, *, lang: Lang = "en", paint: Paint = str, scores: bool = True
) -> str:
    """What a person at a terminal wants to know; the rest stands in the files, also the ``scores`` of many datasets."""
    width = max(width, _NARROWEST)
    parts = [
        "\n".join([*_domain(report, domain, width, lang, paint), *(_scores(domain, width, lang) if scores else ())])
        for domain in report.domains
    ]
    if len(report.domains) > 1:
        parts.append("\n".join(_overview(report, width, lang)))
    if report.matrix is not None:
        title = map(paint, wrapped(said("matrix", lang), width))
        parts.append("\n".join([*title, *_matrix(report.matrix, width, lang)]))
    return "\n\n".join(parts) or said("no_datasets", lang)


def _domain(report: SuitabilityReport, domain: DomainReport, width: int, lang: Lang, paint: Paint) -> Iterator[str]:
    verdict = f"{MARKS[TONES[domain.verdict]]} {verdict_name(domain.verdict, lang)}"
    yield from map(paint, wrapped(f"{domain.dataset}{said('colon', lang)}{verdict}", width))
    if report.stands_for_itself:
        yield from wrapped(f"{said('caution', lang)} {report.stands_for_itself}", width, _INDENT, "! ")
    yield from wrapped(in_lang(domain.reasons, lang), width, _INDENT, _INDENT)
    yield from wrapped(
        f"{said('do', lang)}{said('colon', lang)}{in_lang(domain.advice, lang)}", width, _INDENT, _INDENT
    )
    yield from _facts(domain, width, lang)


def _facts(domain: DomainReport, width: int, lang: Lang) -> Iterator[str]:
    facts = [(said(key, lang), getattr(domain, key)) for key in ("gain", "content", "style")]
    if lost := most_forgotten(domain):
        facts.append((said("lost_on", lang).format(name=lost[0]), lost[1]))
    text = "; ".join(f"{name} {with_interval(each, sign=True)}" for name, each in facts)
    yield from wrapped(f"{said('unit', lang)}{said('colon', lang)}{text}", width, _INDENT * 2, _INDENT)
    if domain.ratings.judgements:
        yield from wrapped(ratings_line(domain.ratings, lang), width, _INDENT * 2, _INDENT)


def _scores(domain: DomainReport, width: int, lang: Lang) -> Iterator[str]:
    """Tuned against the best base; with intervals where there is room."""
    rows = [
        (metric, with_interval(of["tuned"].estimate), with_interval(of[domain.best_base].estimate))
        for metric, of in metrics(domain).items()
        if "tuned" in of and domain.best_base in of
    ]
    if not rows:
        return
    head = (said("metric", lang), said("tuned", lang), domain.best_base)
    yield from _fitting(head, rows, width, lang)


def _overview(report: SuitabilityReport, width: int, lang: Lang) -> Iterator[str]:
    head = [said(key, lang) for key in ("dataset", "verdict", "saved", "content", "most_forgotten")]
    rows = []
    for each in report.domains:
        lost = most_forgotten(each)
        rows.append(
            (
                each.dataset,
                verdict_name(each.verdict, lang) + ("*" if report.stands_for_itself else ""),
                with_interval(each.gain, sign=True),
                with_interval(each.content, sign=True),
                f"{lost[0]} {number(lost[1].value, sign=True)}" if lost else NONE,
            )
        )
    yield from _fitting(head, rows, width, lang, names=2)
    if report.stands_for_itself:
        yield from wrapped(f"* {said('caution', lang)} {report.stands_for_itself}", width)


def _matrix(matrix: Matrix, width: int, lang: Lang) -> list[str]:
    """Bases in bits, what was tuned as changes."""
    rows = []
    for name, bits, changes in zip(matrix.rows, matrix.bits, matrix.change, strict=True):
        is_tuned = any(changes)
        cells = changes if is_tuned else bits
        rows.append([name, *(NONE if each is None else with_interval(each, sign=is_tuned) for each in cells)])
    return list(_fitting([said("tuned_on", lang), *matrix.columns], rows, width, lang))


def _fitting(
    head: Sequence[str], rows: Sequence[Sequence[str]], width: int, lang: Lang, names: int = 1
) -> Iterator[str]:
    """A table; without its intervals where those do not fit; where even that is too wide, a line that says so."""
    short = [[cell.partition(" [")[0] for cell in row] for row in rows]
    for cells in (rows, short):
        lines = table(head, cells, names=names)
        if max(map(columns_of, lines)) + len(_INDENT) <= width:
            yield from (_INDENT + line for line in lines)
            return
    text = said("too_wide", lang).format(rows=len(rows), columns=len(head) - names, file=MARKDOWN)
    yield from wrapped(text, width, _INDENT, _INDENT)
