"""``prep stats``: how long the records of datasets are, what truncation would take, and of which words they consist."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from prep.cli.command import Everyday
from schemas.errors import OptionError, PrepError
from schemas.limits import TokenCounter, Unit
from schemas.statistics import DatasetStatistics, SequenceLimits, TruncationRule

if TYPE_CHECKING:
    from train.families.family import Encoding

_PIPE_WIDTH = 100
_UNITS: tuple[Unit, ...] = ("chars", "words")
_TOP = 30
_ENCODINGS = ("default", "official", "instruct")


@click.command(cls=Everyday)
@click.argument("datasets", nargs=-1)
@click.option("--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True, help="Their folder.")
@click.option(
    "--unit",
    "units",
    type=click.Choice(get_args(Unit)),
    multiple=True,
    default=_UNITS,
    show_default=True,
    help="Unit of lengths; repeatable. In chars alone it takes the time of reading.",
)
@click.option(
    "--tokenizer",
    type=click.Path(path_type=Path),
    help="Lengths and audit in its tokens, too; with a model's folder the audit is that of its training.",
)
@click.option("--encoding", type=click.Choice(_ENCODINGS), help="Whose audit. Default: as prep train, for a model.")
@click.option("--max-source-length", type=click.IntRange(1), multiple=True, help="A limit to audit; repeatable.")
@click.option("--max-target-length", type=click.IntRange(2), multiple=True, help="Goes with it; repeatable.")
@click.option("--top", type=click.IntRange(0), default=_TOP, show_default=True, help="Number of frequent words.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with all distributions.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def stats(  # noqa: PLR0917 (one argument an option)
    datasets: tuple[str, ...],
    data: Path,
    units: tuple[Unit, ...],
    tokenizer: Path | None,
    encoding: "Encoding | None",
    max_source_length: tuple[int, ...],
    max_target_length: tuple[int, ...],
    top: int,
    html: Path | None,
    as_json: bool,
) -> None:
    """Show lengths, words and what a trainer would cut of DATASETS: folders, files of records, or names under --data;
    by default all that lie there.

    \b
    prep stats
    prep stats patent --unit chars --max-source-length 64 --max-target-length 512
    prep stats patent --html patent.html
    """
    from pipeline.stats.datasets import find_datasets

    counter, rule = _of_tokenizer(tokenizer, encoding)
    show_statistics(
        find_datasets(datasets, data),
        units=units,
        counter=counter,
        rule=rule,
        limits=_limits(max_source_length, max_target_length),
        top=top,
        html=html,
        as_json=as_json,
    )


def show_statistics(
    paths: Sequence[Path],
    *,
    units: Sequence[Unit] = _UNITS,
    counter: TokenCounter | None = None,
    rule: TruncationRule | None = None,
    limits: Sequence[SequenceLimits] | None = None,
    top: int = _TOP,
    html: Path | None = None,
    as_json: bool = False,
) -> None:
    """Print the statistics of these datasets, and write the page where one is asked for."""
    from pipeline.stats import as_json as in_json
    from pipeline.stats import dataset_statistics, terminal
    from pipeline.stats.audit import DEFAULT_LIMITS

    asked: list[Unit] = list(dict.fromkeys([*units, "tokens"] if counter else units))
    limits = limits or DEFAULT_LIMITS
    found = [
        dataset_statistics(path, units=asked, counter=counter, rule=rule, limits=limits, top=top) for path in paths
    ]
    if html:
        _write_page(html, found)
    if as_json:
        click.echo(json.dumps(in_json.as_json(found), ensure_ascii=False))
        return
    width = shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns
    click.echo(terminal.report(found, width, _paint()))
    if html:
        click.echo(f"\n{html}: written")


def _limits(sources: Sequence[int], targets: Sequence[int]) -> Sequence[SequenceLimits]:
    """The pairs that were asked for; none without either option."""
    number = max(len(sources), len(targets))
    if not {len(sources), len(targets)} <= {1, number}:
        raise OptionError(
            f"{len(sources)} --max-source-length and {len(targets)} --max-target-length; "
            "give as many of one as of the other, or a single one that goes with all"
        )
    pairs = zip(_repeated(sources, number), _repeated(targets, number), strict=True)
    return [SequenceLimits(source=source, target=target) for source, target in pairs]


def _repeated(values: Sequence[int], number: int) -> Sequence[int]:
    return values if len(values) == number else [values[0]] * number


def _of_tokenizer(
    tokenizer: Path | None, encoding: "Encoding | None"
) -> tuple[TokenCounter | None, TruncationRule | None]:
    """What counts tokens and what is audited; the pipeline audits the official encoding where nobody is named."""
    if tokenizer is not None:
        from prep.cli.tokenizer import load_counter, load_rule

        found = load_rule(tokenizer, encoding or "default")
        if found is not None:
            return found
    if encoding in ("default", "instruct"):
        raise OptionError(f"--encoding {encoding}: needs a model to know its form; add --tokenizer FOLDER of a model")
    return (load_counter(tokenizer) if tokenizer else None), None


def _write_page(path: Path, datasets: Sequence[DatasetStatistics]) -> None:
    from pipeline.stats.page import page

    try:
        path.write_text(page(datasets), encoding="utf-8")
    except OSError as error:
        raise PrepError(f"{path}: cannot be written: {error.strerror}; give --html another FILE") from error


def _paint() -> Callable[[str], str]:
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return str
    return lambda text: click.style(text, bold=True)
