"""Human rating of the two rows that the first statement of success compares, with the sheets of ``train.rating``."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from schemas.errors import OptionError
from schemas.experiment import ExperimentReport
from schemas.report import Lang, Ratings
from train.experiments.measure import Measured
from train.rating.key import read_key
from train.rating.outcome import ratings_of
from train.rating.read import read_sheets
from train.rating.sheet import Pair, draw_sheets
from train.rating.write import KEY, SHEETS, write_sheets


def ratings_in(folder: Path) -> Ratings:
    """Of the sheets in the experiment's folder, as far as they are filled in."""
    sheets = sorted((folder / SHEETS).glob("*.csv"))
    if not sheets or not (folder / KEY).is_file():
        return Ratings()
    return ratings_of(read_sheets(sheets, read_key(folder / KEY)))


def write_rating_sheet(
    report: ExperimentReport, measured: Sequence[Measured], count: int, folder: Path, *, lang: Lang
) -> Sequence[Path]:
    """Blind and shuffled, the key apart; raises OptionError where the answers do not differ."""
    own: Mapping[str, Measured] = {each.row: each for each in measured if each.is_own}
    row, baseline = (own[name] for name in report.rated)
    items = row.items
    if not len(items):
        raise OptionError("no items to rate")
    pairs = [
        Pair(record=f"{items.split}:{number + 1}", prompt=prompt, reference=reference, base=before, tuned=after)
        for number, prompt, reference, before, after in zip(
            items.numbers,
            items.prompts,
            items.references,
            baseline.answers.predictions,
            row.answers.predictions,
            strict=True,
        )
    ]
    return write_sheets(draw_sheets(pairs, count), folder, items.dataset, lang=lang)
