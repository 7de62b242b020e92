"""``prep demo``: the samples of all five domains, converted and measured."""

from pathlib import Path

import click

from prep.cli.command import Everyday
from schemas.errors import SourceError
from schemas.records import DOMAINS

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
    from prep.cli.convert import _show
    from prep.cli.stats import show_statistics

    if not SAMPLES.is_dir():
        raise SourceError(f"{SAMPLES}: no samples; prep demo runs from a checkout of the repository")
    for domain in DOMAINS:
        click.secho(f"\n{domain}", bold=True)
        sources = [str(SAMPLES / domain / "sources")]
        _show(convert_sources(sources, ConvertOptions(domain=domain, dev=0.2, test=0.2), out=out, overwrite=True))
    click.secho("\nlengths", bold=True)
    show_statistics([out / domain for domain in DOMAINS])
