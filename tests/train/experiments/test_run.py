"""Experiments run whole on an untrained model: what is compared, refused, kept and reported."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.errors import DatasetError, OptionError
from schemas.experiment import ExperimentReport
from tests.running import contents
from tests.train.experiments.stated import read
from train.evaluation.watcher import Unwatched
from train.experiments.run import Finished, plan_experiment, run_experiment
from train.experiments.save import load_experiment, save_experiment


class Heard(Unwatched):
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.new: list[str] = []

    def note(self, line: str) -> None:
        self.notes.append(line)

    def finished(self, cell: str, *, is_new: bool) -> None:
        self.new += [cell] * is_new


def ran(folder: Path, data: Path, model: Path, *changes: tuple[str, str], **options: Any) -> Finished:
    pairs = options.pop("pairs", ())
    stated = read(folder, *changes, pairs=pairs, model=model)
    return run_experiment(stated, data=data, out=folder / "experiments", resamples=100, **options)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, data: Path, model_folder: Path) -> ExperimentReport:
    return ran(tmp_path_factory.mktemp("whole"), data, model_folder).report


def test_cells_say_what_they_amount_to(report: ExperimentReport) -> None:
    low, high = report.cells

    assert (low.changed, high.changed) == ({"learning_rate": 1e-3}, {"learning_rate": 1e-1})
    for cell in (low, high):
        assert {name: cell.facts[name] for name in ("effective_batch", "steps", "examples", "epochs")} == {
            "effective_batch": 2,
            "steps": 2,
            "examples": 10,
            "epochs": 0.4,
        }
    assert low.facts["tokens_seen"] == high.facts["tokens_seen"]
    assert report.confounded == []


def test_rows_are_compared_over_the_same_items_with_the_baseline(report: ExperimentReport) -> None:
    low, high = report.rows

    scores = [{score.metric: score.estimate.value for score in row.scores} for row in (low, high)]
    assert (low.items, high.items, low.differences) == (5, 5, [])
    for each in high.differences:
        assert each.against == "low"
        expected = scores[1][each.metric] - scores[0][each.metric]
        assert each.estimate.value == pytest.approx(expected) or np.isnan(expected)
    assert scores[0]["bits_per_character"] != scores[1]["bits_per_character"]


def test_a_few_items_answer_nothing(report: ExperimentReport) -> None:
    assert report.outcome == "undecided"
    assert "Fewer than 100 items allow no conclusion" in report.conclusion["en"]
    assert "不足 100 条样本" in report.conclusion["zh"]
    assert "no verdict here is about the 6B" in report.stands_for_itself


def test_the_report_has_the_order_of_a_paper_in_every_form(report: ExperimentReport, tmp_path: Path) -> None:
    heads = ("Purpose", "Data", "Settings", "Loss", "Metrics", "Human rating", "Conclusion", "Cost")

    save_experiment(report, tmp_path / "en")
    save_experiment(report, tmp_path / "zh", lang="zh")

    markdown = (tmp_path / "en" / "report.md").read_text(encoding="utf-8")
    page = (tmp_path / "en" / "report.html").read_text(encoding="utf-8")
    for text, form in ((markdown, "\n## {}\n"), (page, "<h2>{}</h2>")):
        places = [text.index(form.format(head)) for head in heads]
        assert places == sorted(places)
    assert page.count("<svg") >= 4
    assert "://" not in page.replace("http://www.w3.org", "")
    assert "指标" in (tmp_path / "zh" / "report.md").read_text(encoding="utf-8")
    assert load_experiment(tmp_path / "en").claims[0].words == report.claims[0].words


def test_the_page_escapes_what_a_file_says(tmp_path: Path, data: Path, model_folder: Path) -> None:
    found = ran(tmp_path, data, model_folder, ("question: Is", "question: <script>alert(1)</script> Is")).report

    page = save_experiment(found, tmp_path / "report") / "report.html"

    assert "<script>" not in page.read_text(encoding="utf-8")


def test_nothing_is_trained_or_asked_twice(tmp_path: Path, data: Path, model_folder: Path) -> None:
    first = ran(tmp_path, data, model_folder).report
    kept, heard = contents(tmp_path / "experiments"), Heard()

    again = ran(tmp_path, data, model_folder, watcher=heard).report

    assert heard.new == []
    assert contents(tmp_path / "experiments") == kept
    assert [row.scores for row in again.rows] == [row.scores for row in first.rows]


def test_a_cell_that_another_experiment_has_too_is_trained_once(tmp_path: Path, data: Path, model_folder: Path) -> None:
    ran(tmp_path, data, model_folder)
    heard = Heard()

    ran(tmp_path, data, model_folder, ("high: {learning_rate: 1e-1}", "high: {learning_rate: 5e-2}"), watcher=heard)

    assert [cell for cell in heard.new if "training" in cell] == ["high: training, steps"]


def test_cells_that_differ_unsaid_are_refused_before_anything_trains(
    tmp_path: Path, data: Path, model_folder: Path
) -> None:
    with pytest.raises(OptionError) as caught:
        ran(
            tmp_path,
            data,
            model_folder,
            ("low: {learning_rate: 1e-3}", "low: {learning_rate: 1e-3, max_steps: 4, weight_decay: 0.1}"),
        )

    lines = str(caught.value).split("\n  ")
    assert "max_steps: differs between the cells (low 4, high 2) and is not among changed" in lines[1]
    assert "weight_decay: differs between the cells (low 0.1, high 0.0)" in lines[2]
    assert "steps: held fixed, but differs between the cells (low 4, high 2)" in lines[3]
    assert not (tmp_path / "experiments" / "runs").exists()


def test_what_is_changed_must_change(tmp_path: Path, data: Path, model_folder: Path) -> None:
    with pytest.raises(OptionError, match=r"learning_rate: changed, but all cells have 0.1"):
        ran(tmp_path, data, model_folder, ("low: {learning_rate: 1e-3}", "low: {learning_rate: 0.1}"))


def test_what_follows_and_was_not_said_is_reported_as_confounded(
    tmp_path: Path, data: Path, model_folder: Path
) -> None:
    heard = Heard()

    found = ran(
        tmp_path,
        data,
        model_folder,
        ("changed: [learning_rate]", "changed: [max_source_length]"),
        ("held_fixed: [model, steps, effective_batch, tokens_seen]", "held_fixed: [steps]"),
        ("  max_source_length: 24\n", ""),
        ("low: {learning_rate: 1e-3}", "low: {max_source_length: 5}"),
        ("high: {learning_rate: 1e-1}", "high: {max_source_length: 24}"),
        watcher=heard,
    ).report

    [confound] = found.confounded
    assert confound.name == "tokens_seen"
    assert (confound.values["low"] or 0) < (confound.values["high"] or 0)
    assert heard.notes[0].startswith("confounded: tokens_seen differs between the cells")
    assert "The cells are confounded" in found.conclusion["en"]


def test_mistakes_in_recipes_are_told_together_with_their_lines(tmp_path: Path, data: Path, model_folder: Path) -> None:
    with pytest.raises(OptionError) as caught:
        ran(
            tmp_path,
            data,
            model_folder,
            ("max_steps: 2", "max_stepps: 2"),
            ("high: {learning_rate: 1e-1}", "high: {learning_rate: fast}"),
        )

    assert str(caught.value).replace(f"{tmp_path}/", "").split("\n  ") == [
        "2 mistakes in the experiment, nothing was loaded:",
        "rate.yaml:18: max_stepps: no such key; did you mean max_steps or save_steps?",
        "rate.yaml:23: learning_rate 'fast': expected a number",
    ]


ROWS = """\
rows:
  whole: {cell: high}
  removed: {cell: high, history: removed}
  cut: {cell: high, max_source_length: 80}
  low: {cell: low}
  high: {cell: high}
  untuned: {cell: base, max_source_length: 24, max_target_length: 6}
"""


def test_rows_ask_one_model_in_several_ways(tmp_path: Path, data: Path, model_folder: Path) -> None:
    heard = Heard()

    done = ran(
        tmp_path,
        data,
        model_folder,
        ("  dataset: legal\n", "  dataset: instruct\n  dialogues: true\n  also: [legal]\n"),
        ("max_source_length: 24", "max_source_length: 400"),
        ("cells:\n", f"{ROWS}cells:\n"),
        watcher=heard,
    )

    rows = {(row.name, row.dataset): row for row in done.report.rows}
    cut: Mapping[str, float] = {name: rows[name, "instruct"].cut["history"] for name in ("whole", "removed", "cut")}
    assert cut == {"whole": 0.0, "removed": 0.0, "cut": 1.0}
    assert rows["whole", "instruct"].scores[0].estimate == rows["high", "instruct"].scores[0].estimate
    assert [each for each in heard.new if each.startswith("high, instruct")] == []  # whole has asked it
    assert {score.metric for score in rows["whole", "legal"].scores} == {"bits_per_character"}
    bits = {name: rows[name, "instruct"].scores[0].estimate.value for name in ("whole", "removed", "cut", "untuned")}
    assert len({*bits.values()}) == 4
    items = next(each.items for each in done.measured if each.row == "whole")
    assert all(len(turns) == 3 for turns in items.records["history"])


def test_a_dataset_without_dialogues_cannot_answer_a_question_about_them(
    tmp_path: Path, data: Path, model_folder: Path
) -> None:
    with pytest.raises(DatasetError, match="legal: no dialogues in test: it holds pairs"):
        ran(tmp_path, data, model_folder, ("  items: 5", "  items: 5\n  dialogues: true"))


def test_a_plan_trains_and_writes_nothing(tmp_path: Path, data: Path, model_folder: Path) -> None:
    stated = read(tmp_path, model=model_folder)
    scratch = tmp_path / "scratch"

    plan = plan_experiment(stated, data=data, out=tmp_path / "experiments", scratch=scratch)

    assert [(cell.name, cell.is_there, cell.plan.max_steps) for cell in plan.cells] == [
        ("low", False, 2),
        ("high", False, 2),
    ]
    assert [(row.name, row.items, row.most_new_tokens) for row in plan.rows] == [("low", 5, 30), ("high", 5, 30)]
    assert not (tmp_path / "experiments").exists()


def test_a_plan_knows_what_is_there_already(tmp_path: Path, data: Path, model_folder: Path) -> None:
    ran(tmp_path, data, model_folder)
    stated = read(tmp_path, pairs=("cells.low.learning_rate=2e-3",), model=model_folder)

    plan = plan_experiment(stated, data=data, out=tmp_path / "experiments", scratch=tmp_path / "scratch")

    assert [cell.is_there for cell in plan.cells] == [False, True]
