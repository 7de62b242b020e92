"""One dataset evaluated whole: what is compared with what, and what a report says of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.dataset import PreparedDataset
from schemas.errors import DatasetError, OptionError
from schemas.report import DomainReport, SuitabilityReport
from tests.train.answer.speaking import run_on
from tests.train.evaluation.datasets import dataset, rows, write
from train.answer.load import tuned
from train.encoding.fit import NoRoom
from train.evaluation.cells import Cells
from train.evaluation.evaluate import evaluate, planned
from train.evaluation.measure import measure
from train.evaluation.measurement import Measurement
from train.evaluation.models import Models
from train.evaluation.settings import Settings
from train.evaluation.subject import with_limits
from train.evaluation.watcher import Unwatched
from train.judging.thresholds import PRIMARY
from train.metrics.registry import METRICS
from train.report.save import load_report, save_report

QUICK = Settings(resamples=200)
SHOWN = ("1 example", "2 examples", "3 examples", "4 examples")


class Notes(Unwatched):
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.new: list[str] = []

    def note(self, line: str) -> None:
        self.lines.append(line)

    def finished(self, cell: str, *, is_new: bool) -> None:
        self.new += [cell] * is_new


@pytest.fixture(scope="module")
def reported(
    run_folder: Path, patent: PreparedDataset, legal: PreparedDataset, tmp_path_factory: pytest.TempPathFactory
) -> SuitabilityReport:
    found = tuned(run_folder)
    out = tmp_path_factory.mktemp("evaluations")
    return evaluate(Models(found.without_adapter(), found), patent, [legal], QUICK, out=out)


@pytest.fixture
def domain(reported: SuitabilityReport) -> DomainReport:
    [found] = reported.domains
    return found


def measurement(
    models: Models, asked: PreparedDataset, out: Path, *others: PreparedDataset, **chosen: Any
) -> Measurement:
    watcher = chosen.pop("watcher", Unwatched())
    settings = replace(QUICK, **chosen)
    return measure(models, asked, others, settings, cells=Cells(out, models, watcher), watcher=watcher)


def value(domain: DomainReport, system: str, metric: str) -> float:
    [found] = [each for each in domain.scores if (each.system, each.metric) == (system, metric)]
    return found.estimate.value


def test_all_ways_of_answering_stand_beside_each_other(domain: DomainReport) -> None:
    assert {score.system for score in domain.scores} - {"base: bare"} == {
        "tuned",
        domain.best_base,
        "copy",
        "retrieval",
    } - {"base: bare"}
    assert {score.metric for score in domain.scores if score.system == "tuned"} == {*METRICS}
    assert {score.metric for score in domain.scores if score.system == "copy"} == {*METRICS} - {"bits_per_character"}
    assert all(f"|n:{domain.items}|" in score.signature for score in domain.scores)


def test_tuned_is_compared_with_every_other_way(domain: DomainReport) -> None:
    against = {each.against for each in domain.differences}

    assert against == {domain.best_base, "copy", "retrieval"}
    for each in domain.differences:
        if each.metric == PRIMARY:
            expected = value(domain, "tuned", PRIMARY) - value(domain, each.against, PRIMARY)
            assert each.estimate.value == pytest.approx(expected)


def test_less_bits_are_a_positive_effect(domain: DomainReport) -> None:
    [bits] = [each for each in domain.differences if each.metric == "bits_per_character"]

    assert bits.estimate.value == pytest.approx(-domain.gain.value)
    assert np.sign(bits.effect) == np.sign(domain.gain.value)


def test_gain_is_style_and_content(domain: DomainReport) -> None:
    assert domain.gain.value == pytest.approx(domain.style.value + domain.content.value)
    base, model = (value(domain, system, "bits_per_character") for system in (domain.best_base, "tuned"))
    assert domain.gain.value == pytest.approx(base - model)


def test_a_model_that_was_made_worse_has_forgotten(domain: DomainReport) -> None:
    forgotten = domain.forgotten["legal"]

    assert forgotten.value > 0
    assert forgotten.low is not None
    assert forgotten.low <= forgotten.value


def test_a_small_or_tiny_study_is_undecided_and_says_so(reported: SuitabilityReport, domain: DomainReport) -> None:
    assert domain.verdict == "undecided"
    assert "7 held-out items are too few" in domain.reasons["en"]
    assert "不是关于 6B 的结论" in domain.reasons["zh"]
    assert "million parameters: no verdict here is about the 6B" in reported.stands_for_itself


def test_a_report_can_be_saved_and_opened_again(reported: SuitabilityReport, tmp_path: Path) -> None:
    save_report(reported, tmp_path / "report")

    found = load_report(tmp_path / "report")

    assert found.domains[0].scores[0] == reported.domains[0].scores[0]
    assert found.settings["ways"] == pytest.approx(reported.settings["ways"])


def test_settings_tell_all_that_numbers_depend_on(reported: SuitabilityReport, domain: DomainReport) -> None:
    assert {"seed", "resamples", "sampling", "thresholds", "ways", "limits", "cells"} <= reported.settings.keys()
    assert min(reported.settings["ways"], key=reported.settings["ways"].get) == domain.best_base
    assert [*reported.settings["ways"]][:3] == ["base: bare", "base: patent", "base: patent-title"]


def test_examples_name_the_line_of_their_record(domain: DomainReport, patent: PreparedDataset) -> None:
    lines = patent.file("test").read_text(encoding="utf-8").splitlines()

    assert {example.kind for example in domain.examples} == {"best", "worst", "median"}
    assert len({example.record for example in domain.examples}) == len(domain.examples) == 7
    for example in domain.examples:
        split, line = example.record.split(":")
        assert split == "test"
        assert example.reference in lines[int(line) - 1]
    gains = {kind: [each.gain for each in domain.examples if each.kind == kind] for kind in ("best", "worst")}
    assert min(gains["best"]) >= max(gains["worst"])


def test_a_second_evaluation_measures_nothing(models: Models, patent: PreparedDataset, tmp_path: Path) -> None:
    first = evaluate(models, patent, [], QUICK, out=tmp_path)
    notes = Notes()

    second = evaluate(Models(models.base, models.tuned), patent, [], QUICK, out=tmp_path, watcher=notes)

    assert notes.new == []
    assert second.domains[0].scores == first.domains[0].scores


def test_another_adapter_on_the_same_base_leaves_the_base_s_cells(
    models: Models, model: Path, patent: PreparedDataset, tmp_path: Path
) -> None:
    measurement(models, patent, tmp_path / "cells")
    found, notes = tuned(run_on(model, tmp_path / "run", noise=2).path), Notes()

    measurement(Models(found.without_adapter(), found), patent, tmp_path / "cells", watcher=notes)

    assert notes.new
    assert all(cell.startswith("tuned, ") for cell in notes.new)


def test_a_plan_names_what_will_be_measured(
    models: Models, patent: PreparedDataset, legal: PreparedDataset, tmp_path: Path
) -> None:
    before = planned(models, patent, [legal], QUICK, out=tmp_path)
    assert [*tmp_path.iterdir()] == []
    notes = Notes()
    evaluate(models, patent, [legal], QUICK, out=tmp_path, watcher=notes)
    after = planned(models, patent, [legal], QUICK, out=tmp_path)

    assert not any(cell.is_there for cell in before.cells)
    assert all(cell.is_there for cell in after.cells)
    assert sorted(f"{cell.name}: {cell.kind}" for cell in after.cells) == sorted(notes.new)


def test_the_same_seed_takes_the_same_sample(models: Models, patent: PreparedDataset, tmp_path: Path) -> None:
    samples = [measurement(models, patent, tmp_path, items=3, seed=seed).items.numbers for seed in (1, 1, 2)]

    assert samples[0] == samples[1] == sorted(samples[0])
    assert len(samples[0]) == 3
    assert samples[0] != samples[2]


def test_without_dev_records_the_way_is_chosen_on_train_records(models: Models, tmp_path: Path) -> None:
    small, notes = dataset(tmp_path / "patent", "patent", dev=0), Notes()

    found = measurement(models, small, tmp_path / "cells", watcher=notes, dev_items=5)

    assert notes.lines == ["patent: no dev split; the base's way of asking is chosen on train records"]
    assert len(found.ways) == 7


def test_an_instruction_without_room_for_a_question_is_not_tried(
    models: Models, patent: PreparedDataset, tmp_path: Path
) -> None:
    notes = Notes()

    found = measurement(with_limits(models, source=16, target=6), patent, tmp_path, watcher=notes)

    assert {"base: bare"} < {*found.ways} < {"base: bare", "base: patent", *(f"base: {way}" for way in SHOWN)}
    assert notes.lines[-1].startswith("base: patent-title is not tried: max_source_length 16: ")
    assert "base: patent-title" in found.untried
    assert not found.untried.keys() & found.ways.keys()
    assert min(found.untried.values()) > 16


def test_a_limit_that_leaves_no_room_even_without_an_instruction_is_refused(
    models: Models, patent: PreparedDataset, tmp_path: Path
) -> None:
    with pytest.raises(NoRoom, match=r"^max_source_length 1: .* alone take \d+ tokens; raise it"):
        measurement(with_limits(models, source=1, target=6), patent, tmp_path)


def test_what_was_cut_is_told_apart(models: Models, tmp_path: Path) -> None:
    long = [{"content": "法" * 400, "summary": "短"}, {"content": "短", "summary": "长" * 60}]
    asked = write(tmp_path / "legal", "legal", {"train": rows(5), "dev": rows(2, 5), "test": [*rows(2, 7), *long]})

    found = measurement(models, asked, tmp_path / "cells")

    assert found.cut.prompt.tolist() == [False, False, True, False]
    assert found.cut.answer.tolist()[2:] == [False, True]
    assert found.cut.history.tolist() == [False] * 4


def test_earlier_turns_that_do_not_fit_are_told(models: Models, tmp_path: Path) -> None:
    turns = [["第一个问题" * 10, "第一个答案" * 10]] * 3
    chats = [{"prompt": f"问{number}", "response": "答", "history": turns * (number % 2)} for number in range(4)]
    asked = write(tmp_path / "legal", "legal", {"train": chats, "dev": chats[:1], "test": chats})

    found = measurement(models, asked, tmp_path / "cells")

    assert found.cut.history.tolist() == [False, True, False, True]
    assert found.cut.shares == {"prompt": 0.0, "history": 0.5, "answer": 0.0}


def test_a_base_alone_has_no_verdict(
    models: Models, patent: PreparedDataset, legal: PreparedDataset, tmp_path: Path
) -> None:
    report = evaluate(Models(models.base), patent, [legal], QUICK, out=tmp_path)

    [domain] = report.domains
    assert (domain.verdict, domain.run, domain.method) == ("undecided", "", "")
    assert "nothing to judge" in domain.reasons["en"]
    assert {score.system for score in domain.scores} >= {domain.best_base, "copy", "retrieval"}
    assert (domain.differences, domain.examples, domain.forgotten) == ([], [], {})
    save_report(report, tmp_path / "report")
    assert np.isnan(load_report(tmp_path / "report").domains[0].gain.value)


def test_chosen_metrics_are_shown_and_all_are_judged(models: Models, patent: PreparedDataset, tmp_path: Path) -> None:
    report = evaluate(models, patent, [], replace(QUICK, metrics=("BLEU-4", "chrF++")), out=tmp_path)

    assert {score.metric for score in report.domains[0].scores} == {"BLEU-4", "chrF++"}
    assert {each.metric for each in report.domains[0].differences} == {"BLEU-4", "chrF++"}


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(OptionError, match="no metric 'BLEU'; choose of: bits_per_character, ROUGE-1"):
        Settings(metrics=("BLEU",))


@pytest.mark.parametrize("test", [0, 1])
def test_too_few_test_records_are_refused(models: Models, tmp_path: Path, test: int) -> None:
    with pytest.raises(DatasetError, match="test"):
        measurement(models, dataset(tmp_path / "patent", "patent", test=test), tmp_path / "cells")
