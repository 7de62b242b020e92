"""What is saved is what is read again, and the three files belong together."""

import json
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from schemas.errors import ModelError
from schemas.report import MARKDOWN, PAGE, REPORT, Estimate, LearningCurve, SuitabilityReport
from tests.train.report.reports import nasty, report
from train.report import load_report, save_report
from train.report.plain import plain


def small(**changes: object) -> SuitabilityReport:
    return replace(report(("legal",)), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("made", [report(("legal", "专利-短")), nasty(), replace(report(()), matrix=None)])
def test_reading_gives_what_was_written(made: SuitabilityReport, tmp_path: Path) -> None:
    folder = save_report(made, tmp_path / "new" / "folder")

    assert load_report(folder) == made
    assert sorted(path.name for path in folder.iterdir()) == sorted([REPORT, MARKDOWN, PAGE])


def test_lists_and_arrays_are_read_as_tuples_of_the_same_numbers(tmp_path: Path) -> None:
    [domain] = small().domains
    curve = replace(domain.curve, sizes=np.array([1, 2]), bits=[[0.5], np.array([0.25])], fitted=[np.float64(1)])
    made = small(domains=[replace(domain, curve=curve, examples=list(domain.examples))])

    found = load_report(save_report(made, tmp_path))

    assert plain(found) == plain(made)
    assert found.domains[0].curve.sizes == (1, 2)
    assert found.domains[0].curve.bits == ((0.5,), (0.25,))


def test_numbers_that_json_has_no_word_for_come_back(tmp_path: Path) -> None:
    [domain] = small().domains
    made = small(domains=(replace(domain, gain=Estimate(value=math.nan, low=-math.inf, high=math.inf)),))

    folder = save_report(made, tmp_path)

    assert load_report(folder) == made
    json.loads((folder / REPORT).read_text(encoding="utf-8"), parse_constant=pytest.fail)


def test_half_a_character_is_no_reason_to_lose_a_report(tmp_path: Path) -> None:
    made = small(device="half \ud800")

    assert load_report(save_report(made, tmp_path)) == made


def test_a_report_that_was_not_finished_is_not_taken_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_report(small(), tmp_path)
    replaced = Path.replace

    def broken(path: Path, target: Path) -> Path:
        if target.name == PAGE:
            raise OSError(28, "No space left on device")
        return replaced(path, target)

    monkeypatch.setattr(Path, "replace", broken)

    with pytest.raises(ModelError, match="cannot be written: No space left on device"):
        save_report(small(model="other"), tmp_path)
    with pytest.raises(ModelError, match=r"no report\.json in it; make one with prep evaluate"):
        load_report(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "format None, expected 1"),
        ('{"format": 2}', "format 2, expected 1"),
        ('{"format": 1}', "report: no field device"),
    ],
)
def test_a_damaged_report_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / REPORT).write_text(text, encoding="utf-8")

    with pytest.raises(ModelError, match=message):
        load_report(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seconds": "soon"}, "report.seconds: 'soon' is no number"),
        ({"model": 6}, "report.model: 6; expected str"),
        ({"domains": {}}, "report.domains: {}; expected list"),
        ({"more": 1}, "report: unknown field more"),
        ({"seconds": True}, "report.seconds: True; expected float"),
    ],
)
def test_a_changed_report_names_the_field(change: dict[str, object], message: str, tmp_path: Path) -> None:
    held = json.loads((save_report(small(), tmp_path) / REPORT).read_text(encoding="utf-8"))
    (tmp_path / REPORT).write_text(json.dumps({**held, **change}), encoding="utf-8")

    with pytest.raises(ModelError) as refused:
        load_report(tmp_path)

    assert str(refused.value) == f"{tmp_path / REPORT}: {message}; make the report anew"


def test_a_verdict_that_we_do_not_know_is_refused(tmp_path: Path) -> None:
    path = save_report(small(), tmp_path) / REPORT
    path.write_text(path.read_text(encoding="utf-8").replace('"suitable"', '"great"'), encoding="utf-8")

    with pytest.raises(ModelError, match=r"domains\[0\]\.verdict: 'great'; expected one of: suitable, style only"):
        load_report(tmp_path)


def test_a_report_without_its_newest_fields_is_still_read(tmp_path: Path) -> None:
    path = save_report(small(), tmp_path) / REPORT
    held = json.loads(path.read_text(encoding="utf-8"))
    del held["domains"][0]["curve"]
    path.write_text(json.dumps(held), encoding="utf-8")

    assert load_report(tmp_path).domains[0].curve == LearningCurve()


def test_a_folder_without_a_report_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="gone: no such report"):
        load_report(tmp_path / "gone")


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in save_report(small(), tmp_path).iterdir()}
    time.sleep(0.01)
    second = {path.name: path.read_bytes() for path in save_report(small(), tmp_path).iterdir()}

    assert first == second
