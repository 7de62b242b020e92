"""One number wherever it is asked for: a training's own predictions, ``prep generate``, ``prep evaluate``, Python."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import prep
from tests.running import Outcome, run
from tests.train.answer.speaking import speaking
from tests.train.evaluation.datasets import dataset
from train.metrics.metric import Answers
from train.metrics.official import OFFICIAL, official_scores

ITEMS = 9
TRAINING = (
    "data/patent", "--model", "model", "--method", "full", "--max_steps", "60", "--max_source_length", "64",
    "--max_target_length", "12", "--per_device_train_batch_size", "2", "--learning_rate", "5e-3", "--report_to", "none",
    "--name", "patent-run", "--do_train", "--do_eval", "--do_predict", "--predict_with_generate",
    "--per_device_eval_batch_size", "4",
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scores")
    dataset(folder / "data" / "patent", "patent", test=ITEMS)
    speaking(folder / "model")
    return folder


@pytest.fixture(scope="module")
def trained(place: Path) -> Outcome:
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(place)
        outcome = run("train", *TRAINING)
    assert outcome.code == 0, outcome.err
    return outcome


@pytest.fixture
def facts(place: Path, trained: Outcome, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Of the run, in whose place the tests are."""
    monkeypatch.chdir(place)
    return json.loads(Path("runs/patent-run/run.json").read_text(encoding="utf-8"))


def test_a_training_scores_its_own_answers_as_the_official_libraries_do(facts: Any) -> None:
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    text = Path("runs/patent-run/generated_predictions.txt").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    smoothing = SmoothingFunction().method3
    each = [
        round(100 * sentence_bleu([[*line["labels"]]], [*line["predict"]], smoothing_function=smoothing), 4)
        for line in lines
    ]

    found = {score["metric"]: score["value"] for score in facts["scores"]["test"]}
    assert len(lines) == ITEMS
    assert found["BLEU-4"] == pytest.approx(math.fsum(each) / ITEMS, abs=1e-9)
    assert found["BLEU-4"] > 0
    assert [*facts["scores"]] == ["dev", "test"]


def test_the_official_names_stand_in_the_official_file(facts: Any) -> None:
    results = json.loads(Path("runs/patent-run/predict_results.json").read_text(encoding="utf-8"))

    values = {score["metric"]: score["value"] for score in facts["scores"]["test"]}
    assert {name: results[f"predict_{name}"] for name in OFFICIAL} == {
        name: values[metric.name] for name, metric in OFFICIAL.items()
    }
    assert results["predict_samples"] == ITEMS
    assert results["scores"] == facts["scores"]["test"]


def test_generation_gives_the_same_scores_and_shows_them(facts: Any, tmp_path: Path) -> None:
    out = tmp_path / "answers.json"

    first = run("generate", "--run", "runs/patent-run", "--out", out, "--batch-size", "4")
    again = run("generate", "--run", "runs/patent-run", "--out", out, "--batch-size", "4")

    about = json.loads(out.with_name("answers.about.json").read_text(encoding="utf-8"))
    assert about["scores"] == facts["scores"]["test"]
    shown = [f"{score['value']:.2f} ({score['signature']})" for score in facts["scores"]["test"]]
    assert first.out.splitlines()[1:-1] == again.out.splitlines()[1:-1] == shown


def test_the_report_has_the_same_numbers_under_the_same_signatures(facts: Any) -> None:
    domain = prep.evaluate("runs/patent-run", others=[], resamples=100, batch_size=4).domains[0]

    wanted = {(score["metric"], score["signature"]): score["value"] for score in facts["scores"]["test"]}
    found = {
        (score.metric, score.signature): score.estimate.value
        for score in domain.scores
        if score.system == "tuned" and (score.metric, score.signature) in wanted
    }
    assert found == pytest.approx(wanted, abs=1e-9)


def test_python_callers_score_texts_of_their_own(facts: Any) -> None:
    text = Path("runs/patent-run/generated_predictions.txt").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    answers = Answers(
        prompts=[""] * ITEMS,
        references=[line["labels"] for line in lines],
        predictions=[line["predict"] for line in lines],
        cut=[False] * ITEMS,
    )

    found = [{**asdict(score), "counts": {}} for score in official_scores(answers)]

    assert found == [{**score, "counts": {}} for score in facts["scores"]["test"]]


def test_the_terminal_shows_them_with_their_signatures(facts: Any, trained: Outcome) -> None:
    printed = "".join(trained.out.split())

    for split, scores in facts["scores"].items():
        for score in scores:
            assert f"{split}:{score['value']:.2f}({score['signature']})" in printed


def test_predictions_without_training_are_scored_too(facts: Any) -> None:
    outcome = run(
        "train", "data/patent", "--model", "model", "--method", "lora", "--do_predict", "--max_source_length", "64",
        "--max_target_length", "12", "--name", "base", "--per_device_eval_batch_size", "4",
    )  # fmt: skip

    assert outcome.code == 0, outcome.err
    results = json.loads(Path("runs/base/predict_results.json").read_text(encoding="utf-8"))
    assert results["predict_samples"] == ITEMS
    for score in results["scores"]:
        assert f"note: test: {score['value']:.2f} ({score['signature']})" in outcome.err
