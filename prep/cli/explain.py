"""``prep explain``."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prep.cli.command import Everyday
from schemas.dataset import PreparedDataset, folder_of
from schemas.errors import OptionError
from schemas.limits import TokenCounter
from schemas.records import PAIR_COLUMNS

if TYPE_CHECKING:
    from pipeline.explain import Explanation

_WIDTH = 300
_AROUND = 24


@click.command(cls=Everyday)
@click.argument("dataset")
@click.argument("id_", metavar="ID")
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True, help="Where names lie."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with whole texts and nothing else.")
def explain(*, dataset: str, id_: str, data: Path, as_json: bool) -> None:
    """Show where line ID of DATASET (a folder, or a name under --data) came from and what was done to it. ID is
    train:12, dev:3, test:1, rejected:5 or duplicates:2.

    \b
    prep explain data/patent train:12
    prep explain patent rejected:5
    """
    from pipeline.explain import explain as explained

    folder = PreparedDataset.open(folder_of(dataset, data))
    found = explained(folder, id_, _counter(folder))
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
        return
    click.echo("\n".join(_lines(found)))


def _counter(dataset: PreparedDataset) -> TokenCounter | None:
    """The tokenizer that the dataset was made with, if it is still there."""
    from prep.cli.tokenizer import load_counter

    options = dataset.manifest["options"]
    if options["rules"]["unit"] != "tokens":
        return None
    try:
        counter: TokenCounter = load_counter(Path(options["tokenizer"]))
    except OptionError:
        return None
    return counter


def _lines(found: "Explanation") -> Iterator[str]:
    place = found.place
    where = [f"row {place.row}"]
    if place.offset is not None:
        where.append(f"byte {place.offset:,}")
    if place.record is not None:
        where.append(f"record {place.record} of the row")
    yield _line("place", f"{place.file}, {', '.join(where)}")
    yield _line("source", f"{found.source.state}: {found.source.why}")
    yield from _fields(found.row or {})
    yield from _conversion(found)
    for verdict in found.verdicts:
        yield _line("rule", f"{'passed  ' if verdict.passed else 'REJECTED'} {verdict.rule}: {verdict.about}")
    yield _line("fate", found.fate)


def _conversion(found: "Explanation") -> Iterator[str]:
    record = found.record
    if record is None:
        if found.id.partition(":")[0] in ("train", "dev", "test"):
            yield _line("record", "as it stands in the dataset")
            yield from _fields(found.line)
        elif found.traced is not None and found.traced.reason is not None:
            yield _line("record", "the row makes none")
        return
    yield _line("made", "by the converter")
    yield from _sides(record.made)
    for change in record.changes:
        before, after = _excerpts(change.before, change.after)
        yield _line("cleaned", f"{change.step} in {_named(change.side)}: {before} -> {after}")
    if record.turns_cut:
        yield _line("cut", f"the {record.turns_cut} oldest turns of the history")
    if record.final != record.made:
        yield _line("record", "after that")
        yield from _sides(record.final)


def _sides(record: Mapping[str, Any]) -> Iterator[str]:
    yield from _fields({column: record[side] for side, column in PAIR_COLUMNS.items()})
    for question, answer in record["history"] or []:
        yield f"    history = {_cut(question)} -> {_cut(answer)}"


def _named(side: str) -> str:
    return PAIR_COLUMNS.get(side, side)


def _excerpts(before: str, after: str) -> tuple[str, str]:
    """The place where two texts differ, with a little of what is around it."""
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    return _excerpt(before, start, len(before) - end), _excerpt(after, start, len(after) - end)


def _common(one: str, other: str) -> int:
    """Length of the beginning that two texts share."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def _excerpt(text: str, start: int, end: int) -> str:
    low, high = max(start - _AROUND, 0), min(end + _AROUND, len(text))
    return f"{'…' if low else ''}{_cut(text[low:high])}{'…' if high < len(text) else ''}"


def _fields(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        yield f"    {name} = {_cut(value)}"


def _line(name: str, text: str) -> str:
    return f"{name:<8} {text}"


def _cut(value: Any) -> str:
    plain = json.dumps(value, ensure_ascii=False)
    return plain if len(plain) <= _WIDTH else f"{plain[:_WIDTH]}… ({len(plain):,} characters)"
