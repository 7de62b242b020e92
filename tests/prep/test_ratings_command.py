"""``prep evaluate --rating-sheet`` and ``--ratings``: from the answers to people, and back into the report."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import prep
from schemas.report import MARKDOWN, PAGE, DomainReport
from tests.running import Outcome, run
from tests.train.answer.speaking import run_on, speaking
from tests.train.evaluation.datasets import dataset
from train.report.save import load_report

FOLDER = Path("evaluations/patent-run")
QUICK = ("--run", "run", "--others", "none", "--resamples", "100")
ITEMS = 10


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rated")
    dataset(folder / "data" / "patent", "patent", test=40)
    run_on(speaking(folder / "model"), folder / "run", dataset=str(folder / "data" / "patent"))
    return folder


@pytest.fixture
def there(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("data", "model", "run"):
        (tmp_path / name).symlink_to(place / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def evaluated(*arguments: str | Path) -> Outcome:
    outcome = run("evaluate", *QUICK, *arguments)
    assert outcome.code == 0, outcome.err
    return outcome


def domain() -> DomainReport:
    [found] = load_report(FOLDER).domains
    return found


def filled(side: str, *, sheet: int = 1, path: Path = Path("filled.csv")) -> Path:
    """The sheet of a rater who always takes the answer of one side; a ``right`` one in checks."""
    key = json.loads((FOLDER / "rating-key.json").read_text(encoding="utf-8"))
    with (FOLDER / f"rating/sheet-{sheet}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows: list[dict[str, Any]] = [*csv.DictReader(file)]
    for row in rows:
        sides = key["sheets"][row["sheet"]][int(row["row"]) - 1]
        row["rating"] = "1" if sides["first"] in (side, "right") else "2"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0]])
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_sheet_is_written_beside_the_report_and_the_row_stays_empty(there: Path) -> None:
    outcome = evaluated("--rating-sheet", str(ITEMS), "--raters", "2", "--checks", "2")

    rating = FOLDER / "rating"
    assert sorted(path.name for path in rating.iterdir()) == [
        f"sheet-{number}.{kind}" for number in (1, 2) for kind in ("csv", "html")
    ]
    assert f"note: {rating}: sheets for 2, {ITEMS + 2} rows each; rating-key.json beside it is not for raters" in (
        outcome.err.splitlines()
    )
    assert any(line.endswith("have twice the same answer and are put to nobody") for line in outcome.err.splitlines())
    assert domain().ratings.judgements == 0
    assert "Not rated yet" in (FOLDER / MARKDOWN).read_text(encoding="utf-8")


def test_filled_sheets_become_the_row_of_every_form_of_the_report(there: Path) -> None:
    evaluated("--rating-sheet", str(ITEMS), "--raters", "2")
    for sheet in (1, 2):
        filled("tuned", sheet=sheet, path=Path(f"back/{sheet}.csv"))

    outcome = evaluated("--ratings", "back")

    ratings = domain().ratings
    assert (ratings.judgements, ratings.raters, ratings.kappa, ratings.more_needed) == (2 * ITEMS, 2, 1.0, 0)
    assert ratings.wins is not None
    assert ratings.wins.value == 1.0
    for name in (MARKDOWN, PAGE):
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert "prefer the tuned answer" in text
        assert "that decides it" in text
    assert "100.0% [72.2%, 100.0%] prefer the tuned answer · 20 judgements · 2 raters" in " ".join(outcome.out.split())
    assert f"note: {ITEMS} items by 2 raters: tuned better {ITEMS}, base better 0, ties 0" in outcome.err


def test_ratings_stay_when_the_same_answers_are_evaluated_again(there: Path) -> None:
    evaluated("--rating-sheet", str(ITEMS))
    evaluated("--ratings", filled("tuned"))
    before = domain().ratings

    evaluated("--lang", "zh")

    assert domain().ratings == before
    outcome = evaluated("--max-new-tokens", "3")
    assert domain().ratings.judgements == 0
    assert f"note: {FOLDER}: its {ITEMS} ratings are of other answers and do not count" in outcome.err


def test_sheets_about_other_answers_are_refused(there: Path) -> None:
    evaluated("--rating-sheet", str(ITEMS))
    sheet = filled("tuned")

    outcome = run("evaluate", *QUICK, "--max-new-tokens", "3", "--ratings", sheet)

    assert outcome.code == 1
    assert "the sheets hold other answers than those that are judged here" in outcome.err


def test_people_who_prefer_the_base_are_told_in_python_too(there: Path) -> None:
    found = prep.evaluate("run", others=[], resamples=100, rating_sheet=ITEMS, checks=1)
    assert found.domains[0].ratings.judgements == 0

    rated = prep.evaluate("run", others=[], resamples=100, ratings=[filled("base")])

    wins = rated.domains[0].ratings.wins
    assert wins is not None
    assert (wins.value, rated.domains[0].ratings.more_needed) == (0.0, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*QUICK, "--ratings", "gone.csv"], "rating-key.json: no key; write the sheets first, with --rating-sheet N"),
        ([*QUICK, "--ratings", "data"], "data: no CSV file in it; expected filled rating sheets"),
        (["patent", "--model", "model", "--rating-sheet", "3"], "people compare base and tuned answers"),
    ],
)
def test_what_cannot_be_rated_is_told_before_anything_is_measured(
    there: Path, arguments: list[str], message: str
) -> None:
    outcome = run("evaluate", *arguments)

    assert (outcome.code, outcome.out) == (1, "")
    assert message in outcome.err
    assert not Path("evaluations").exists()
