"""What people say of base and tuned answers: sheets are written for them, filled ones read, what was read is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import ModelError, OptionError, SourceError
from schemas.report import Lang, Ratings
from train.evaluation.measurement import TUNED, Measurement
from train.evaluation.watcher import Watcher
from train.judging.intervals import Interval
from train.rating.key import read_key
from train.rating.outcome import outcome_lines, ratings_of
from train.rating.read import read_sheets
from train.rating.sheet import Pair, draw_sheets
from train.rating.write import KEY, SHEETS, write_sheets
from train.report.save import load_report


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What they are asked, and where it lies."""

    folder: Path
    """Of the report."""
    sheet: int | None = None
    """Items to rate; None writes no sheet."""
    raters: int = 1
    checks: int = 0
    """Items whose better answer is known."""
    filled: Sequence[Path] = ()
    """Sheets that came back."""
    lang: Lang = "en"

    def require(self, *, is_tuned: bool) -> None:
        """What can be said before anything is measured; raises a PrepError."""
        if (self.sheet or self.filled) and not is_tuned:
            raise OptionError("people compare base and tuned answers; name what was tuned with --run")
        if self.filled and not self.sheet:
            read_sheets(self.filled, read_key(self.folder / KEY))


def sheets_of(places: Iterable[Path]) -> list[Path]:
    """Files as they are, of folders the CSV files in them; raises SourceError for a folder without one."""
    found: list[Path] = []
    for place in places:
        sheets = sorted(place.glob("*.csv")) if place.is_dir() else [place]
        if not sheets:
            raise SourceError(f"{place}: no CSV file in it; expected filled rating sheets")
        found += sheets
    return found


def said_by_people(measurement: Measurement, people: People, watcher: Watcher) -> Ratings:
    """The row of the report. Raises ModelError where the sheets are about other answers than today's."""
    pairs = pairs_of(measurement)
    if people.sheet:
        _write(pairs, people.sheet, people, measurement.dataset.name, watcher)
    if not people.filled:
        return _known(pairs, people, measurement.dataset.name, watcher)
    key = read_key(people.folder / KEY)
    if not key.is_about(pairs):
        raise ModelError(
            f"{people.folder / KEY}: the sheets hold other answers than those that are judged here; evaluate with the "
            f"options of then, or move it and {SHEETS}/ away and have new ones rated"
        )
    read = read_sheets(people.filled, key)
    for line in (*outcome_lines(read, people.lang), *read.messages):
        watcher.note(line)
    return ratings_of(read)


def preferred(ratings: Ratings) -> Interval | None:
    """As evidence of a verdict."""
    wins = ratings.wins
    if wins is None or wins.low is None or wins.high is None:
        return None
    return Interval(wins.value, wins.low, wins.high)


def pairs_of(measurement: Measurement) -> list[Pair]:
    """Of every item what the best base and the tuned model answer; empty where nothing was tuned."""
    if TUNED not in measurement.answers:
        return []
    items = measurement.items
    base, tuned = measurement.answers[measurement.best_base], measurement.answers[TUNED]
    columns = (items.names, items.prompts, items.references, base.predictions, tuned.predictions)
    return [
        Pair(record=record, prompt=prompt, reference=reference, base=before, tuned=after)
        for record, prompt, reference, before, after in zip(*columns, strict=True)
    ]


def _write(pairs: Sequence[Pair], items: int, people: People, dataset: str, watcher: Watcher) -> None:
    drawing = draw_sheets(pairs, items, raters=people.raters, checks=people.checks)
    write_sheets(drawing, people.folder, dataset, lang=people.lang)
    if drawing.identical:
        watcher.note(f"{drawing.identical} of {len(pairs)} items have twice the same answer and are put to nobody")
    rows = len(drawing.sheets[0].rows)
    watcher.note(
        f"{people.folder / SHEETS}: sheets for {people.raters}, {rows} rows each; {KEY} beside it is not for raters"
    )


def _known(pairs: Sequence[Pair], people: People, dataset: str, watcher: Watcher) -> Ratings:
    """What an earlier report of the same answers says."""
    try:
        [before] = [domain for domain in load_report(people.folder).domains if domain.dataset == dataset]
        is_same = before.ratings.judgements > 0 and read_key(people.folder / KEY).is_about(pairs)
    except (ModelError, ValueError):
        return Ratings()
    if before.ratings.judgements and not is_same:
        watcher.note(f"{people.folder}: its {before.ratings.judgements} ratings are of other answers and do not count")
    return before.ratings if is_same else Ratings()
