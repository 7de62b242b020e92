"""Statistics as one HTML page that needs nothing else: opens offline, on a telephone and on paper."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template

from pipeline.stats.plots import histogram_svg
from schemas.statistics import DatasetStatistics, Distribution, LengthUnit, Text, TruncationLosses, Vocabulary

_TEXTS: dict[Text, str] = {
    "content": "content 输入",
    "summary": "summary 输出",
    "turns": "earlier turns 历史轮数",
    "history": "history 历史",
}
_UNITS: dict[LengthUnit, str] = {
    "chars": "characters 字符",
    "words": "words 词",
    "tokens": "tokens",
    "turns": "turns 轮",
}
_LENGTH_HEAD = ("split", "text", "unit", "count", "min", "p5", "p25", "p50", "p75", "p95", "p99", "max", "mean")
_AUDIT_HEAD = ("split", "source / target", "records", "answer cut", "question cut", "question gone", "turns cut")


def page(datasets: Sequence[DatasetStatistics]) -> str:
    """The whole page. Everything that came from a file or a name is escaped."""
    title = "Datasets 数据集统计" if len(datasets) != 1 else f"{datasets[0].name}: 数据集统计"
    body = "".join(_dataset(number, dataset) for number, dataset in enumerate(datasets))
    template = files("pipeline.stats").joinpath("page.html").read_text(encoding="utf-8")
    return Template(template).substitute(title=escape(title), body=_contents(datasets) + body)


def _contents(datasets: Sequence[DatasetStatistics]) -> str:
    if len(datasets) == 1:
        return ""
    links = (f'<a href="#d{number}">{escape(dataset.name)}</a>' for number, dataset in enumerate(datasets))
    return f"<nav>{''.join(links)}</nav>"


def _dataset(number: int, dataset: DatasetStatistics) -> str:
    splits = ", ".join(f"{escape(split.name)} {split.records:,}" for split in dataset.splits)
    return "".join(
        (
            f'<section><h2 id="d{number}">{escape(dataset.name)}</h2>',
            f'<p class="note">{escape(dataset.path)} · {dataset.records:,} records 条 ({splits})</p>',
            "<h3>Distributions 长度分布</h3>",
            '<p class="note">Records by length, one panel a split. Solid line: median. Dashed line: p95.</p>',
            f'<div class="figures">{_figures(dataset)}</div>',
            "<h3>Lengths 长度</h3>",
            _table(_LENGTH_HEAD, _length_rows(dataset), names=3),
            "<h3>Truncation audit 截断</h3>",
            f'<p class="note">{escape(dataset.truncation_rule)}.</p>',
            _table(_AUDIT_HEAD, _audit_rows(dataset), names=2),
            _words(dataset.vocabulary) if dataset.vocabulary else "",
            "</section>",
        )
    )


def _figures(dataset: DatasetStatistics) -> str:
    measures: dict[tuple[Text, LengthUnit], dict[str, Distribution]] = {}
    for split in dataset.splits:
        for lengths in split.lengths:
            measures.setdefault((lengths.text, lengths.unit), {})[split.name] = lengths
    return "".join(_figure(text, unit, splits) for (text, unit), splits in measures.items())


def _figure(text: Text, unit: LengthUnit, splits: dict[str, Distribution]) -> str:
    label = f"{_TEXTS[text]}, {_UNITS[unit]}"
    drawing = histogram_svg(splits, f"{label}: {', '.join(splits)}")
    return f"<figure><figcaption>{label}</figcaption>{drawing}</figure>"


def _length_rows(dataset: DatasetStatistics) -> Iterable[tuple[bool, list[str]]]:
    for split in dataset.splits:
        for number, of in enumerate(split.lengths):
            values = (of.count, of.minimum, of.p5, of.p25, of.p50, of.p75, of.p95, of.p99, of.maximum)
            cells = [_cell(split.name if number == 0 else ""), _cell(_TEXTS[of.text]), _cell(_UNITS[of.unit])]
            yield number == 0, [*cells, *(_cell(f"{value:,}") for value in values), _cell(f"{of.mean:,.1f}")]


def _audit_rows(dataset: DatasetStatistics) -> Iterable[tuple[bool, list[str]]]:
    for split in dataset.splits:
        for number, losses in enumerate(split.truncation):
            limits = f"{losses.limits.source} / {losses.limits.target}"
            cells = [_cell(split.name if number == 0 else ""), _cell(limits), _cell(f"{losses.records:,}")]
            yield number == 0, cells + _losses(losses, has_turns=dataset.shape == "chat")


def _losses(losses: TruncationLosses, *, has_turns: bool) -> list[str]:
    lost = [losses.answers_cut, losses.questions_cut, losses.questions_gone]
    cells = [_share(number, losses.records) for number in [*lost, *([losses.turns_cut] if has_turns else [])]]
    return cells if has_turns else [*cells, _cell("–")]


def _share(part: int, whole: int) -> str:
    if not part:
        return _cell("0")
    share = part / whole
    return f'<td style="background: rgb(var(--loss) / {share * 0.6:.2f})">{part:,} ({share:.1%})</td>'


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def _table(head: Sequence[str], rows: Iterable[tuple[bool, list[str]]], *, names: int) -> str:
    """``names``: how many columns from the left hold words."""

    def marked(cells: Sequence[str], tag: str) -> str:
        return "".join(
            cell.replace(f"<{tag}", f'<{tag} class="name"', 1) if column < names else cell
            for column, cell in enumerate(cells)
        )

    heads = marked([f"<th>{escape(text)}</th>" for text in head], "th")
    starts = {True: '<tr class="first">', False: "<tr>"}
    lines = (f"{starts[is_first]}{marked(cells, 'td')}</tr>" for is_first, cells in rows)
    return f'<div class="table"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _words(vocabulary: Vocabulary) -> str:
    most = max(vocabulary.top.values(), default=1)
    items = (
        f'<li><b>{escape(word)}</b><i style="width: {number / most:.1%}"></i><span>{number:,}</span></li>'
        for word, number in vocabulary.top.items()
    )
    return (
        "<h3>Words 高频词</h3>"
        f'<p class="note">{vocabulary.size:,} different words, {vocabulary.occurrences:,} in all (jieba, without '
        "punctuation and numbers); the most frequent ones that are no stop words.</p>"
        f'<ol class="words">{"".join(items)}</ol>'
    )
