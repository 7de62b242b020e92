"""``prep demo``: the samples of all five domains, converted and measured."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prep.cli.command import Everyday
from schemas.errors import SourceError
from schemas.records import DOMAINS

if TYPE_CHECKING:
    from pipeline.choose import Choice

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@click.command(cls=Everyday)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("data/demo"), show_default=True, help="Parent folder."
)
def demo(out: Path) -> None:
    """Convert the samples of all five domains, then show their lengths.

    \b
    prep demo
    prep demo --out /tmp/demo
    """
    from pipeline.convert import convert_sources
    from pipeline.options import ConvertOptions
    from prep.cli.funnel import funnel_lines
    from prep.cli.stats import show_statistics
    from schemas.statistics import SequenceLimits

    if not SAMPLES.is_dir():
        raise SourceError(f"{SAMPLES}: no samples; prep demo runs from a checkout of the repository")
    for domain in DOMAINS:
        click.secho(domain, bold=True)
        folder = _shown(SAMPLES / domain / "sources")
        done = convert_sources([folder], ConvertOptions(domain=domain, dev=0.2, test=0.2), out=out, overwrite=True)
        for line in (*_source_lines(done.choices, folder), *funnel_lines(done.manifest)):
            click.echo(line)
        click.echo(f"{done.path}: written\n")
    limits = [SequenceLimits(source=64, target=64), SequenceLimits(source=128, target=128)]
    show_statistics([out / domain for domain in DOMAINS], units=("chars",), limits=limits)


def _shown(folder: Path) -> str:
    """As one would type it."""
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)


def _source_lines(choices: Sequence["Choice"], folder: str) -> Iterator[str]:
    yield f"{len(choices)} sources in {folder}"
    for choice in choices:
        name = choice.table.name.removeprefix(f"{folder}/")
        container = ", ".join(filter(None, (choice.table.reader, choice.table.encoding)))
        yield f"  {name:<34} {choice.mapped.converter.format:<22} {container}"
