"""The leakage certificate, for a person at a terminal."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from schemas.errors import OutcomeError

if TYPE_CHECKING:  # loads polars
    from pipeline.leaks import Leaks


def show_leaks(leaks: "Leaks", *, as_json: bool) -> None:
    """Print it; raises OutcomeError where something is held out only in name."""
    if as_json:
        facts = {"train": leaks.train, "records": leaks.records, "held": dict(leaks.held)}
        click.echo(json.dumps({**facts, "leaks": not leaks.are_none}, ensure_ascii=False))
    else:
        click.echo(f"{leaks.train}: {leaks.records:,} records to train on")
        for name, found in leaks.held.items():
            for line in _lines(name, found):
                click.echo(line)
    if not leaks.are_none:
        raise OutcomeError(
            f"{leaks.train}: leaks: held-out records stand in it too; leave them out with prep convert --against"
        )


def _lines(name: str, found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{name}: {found['records']:,} records held out"
    yield f"{found['identical_prompts']:>12,}  prompts, with their history, are trained on"
    yield (
        f"{found['identical_first_questions']:>12,}  have a first question that is trained on: "
        f"{found['shared_first_questions']:,} questions"
    )
    yield f"{found['identical_responses']:>12,}  responses are trained on"
    yield f"{found['near_duplicates']:>12,}  are near duplicates of a record that is trained on"
    if found["largest_similarity"] is None:
        yield f"{'none':>12}  is even near to a record that is trained on"
        return
    held, trained = (f"{place['file']}, row {place['row']}" for place in found["between"])
    yield f"{found['largest_similarity']:>12.2f}  is the largest similarity: {held} to {trained}"
