"""Experiments from their files: what is stated, what may stand in its place, and every mistake with its line."""

from pathlib import Path

import pytest

from schemas.errors import OptionError
from tests.train.experiments.stated import TEXT, read, write
from train.experiments.build import read_experiment
from train.experiments.presets import PRESETS, about, experiment_file


def mistakes(folder: Path, *changes: tuple[str, str], pairs: tuple[str, ...] = ()) -> list[str]:
    """Without the folder that each begins with."""
    with pytest.raises(OptionError) as caught:
        read(folder, *changes, pairs=pairs)
    lines = str(caught.value).replace(f"{folder}/", "").split("\n  ")
    return lines[1:] if len(lines) > 1 else lines


def test_without_rows_every_cell_is_one(tmp_path: Path) -> None:
    found = read(tmp_path)

    assert {name: row.cell for name, row in found.rows.items()} == {"low": "low", "high": "high"}
    assert found.baseline == "low"
    assert found.question == {"en": "Is the higher rate better?", "zh": "Is the higher rate better?"}


def test_all_mistakes_are_told_together_each_with_its_line(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        ("held_fixed: [model, steps", "held_fixed: [modle, steps"),
        ("metric: ROUGE-L", "metric: ROUGE-l"),
        ("baseline: low", "baseline: lwo"),
        ("  items: 5", "  itmes: 5"),
        ("cells:", "cels:"),
    )

    assert found == [
        "rate.yaml:21: cels: no such key; did you mean cells?",
        "rate.yaml:10: itmes: no such key; did you mean items?",
        "rate.yaml: cells: expected at least one training, e.g. short: {max_source_length: 512}",
        "rate.yaml: one row alone compares nothing; state two or more",
        "rate.yaml:6: row 'high': no such row; known are ",
        "rate.yaml:6: baseline 'lwo': no such row; known are ",
        "rate.yaml:6: metric 'ROUGE-l': no such metric; did you mean ROUGE-L?",
        "rate.yaml:4: held_fixed 'modle': no such key; did you mean model?",
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("train: 10", "train: many"), "rate.yaml:9: train 'many': expected a whole number or nothing (None)"),
        (("items: 5", "items: 1"), "rate.yaml:10: items 1: expected 2 or more"),
        (("direction: more", "direction: mroe"), "rate.yaml:6: direction 'mroe': choose one of: more, less"),
        (("direction: more", "direction: less"), "rate.yaml:6: direction less: of ROUGE-L more is better"),
        (("row: high", "row: low"), "rate.yaml:6: baseline low: compared with itself; name another row"),
        (("margin: 1", "on: patent"), "rate.yaml:6: on 'patent': its items are not asked; known are legal"),
        (("  dataset: legal\n", ""), "rate.yaml:7: data: no dataset; it is needed"),
        (("question: Is the higher rate better?\n", ""), "rate.yaml: question: expected what is asked"),
        (("  low: {", "  base: {"), "rate.yaml:22: base: means the untuned model; choose another name"),
        (
            ("held_fixed: [model", "held_fixed: [learning_rate"),
            "rate.yaml:4: learning_rate: both changed and held fixed",
        ),
        (("data:\n", "data:\n  also: [legal]\n"), "rate.yaml:8: also: names a dataset twice"),
    ],
)
def test_a_mistake_names_its_line(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    assert any(line.startswith(told) for line in mistakes(tmp_path, change))


def test_what_overrides_names_itself_where_it_is_wrong(tmp_path: Path) -> None:
    found = mistakes(tmp_path, pairs=("data.items=one", "cells.hihg.learning_rate=1", "learning_rate=2"))

    assert found == [
        "--set cells.hihg.learning_rate=1: no 'hihg' in cells; did you mean high?",
        "--set data.items: items 'one': expected a whole number",
        "--set recipe.learning_rate: the cells have it each: --set cells.low.learning_rate=…",
        "--set recipe.learning_rate: the cells have it each: --set cells.high.learning_rate=…",
    ]


def test_an_override_takes_the_place_of_what_the_file_says(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        pairs=("data.train=4", "max_steps=1", "cells.low.learning_rate=5e-3", "metrics=[ROUGE-L]"),
    )

    layers = {key: value for cell in found.cells for _, layer in cell.layers for key, value in layer.items()}
    assert (found.data.train, layers["max_steps"], found.metrics) == (4, 1, ["ROUGE-L"])


def test_a_file_that_is_no_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"rate\.yaml:2:\d+: not YAML"):
        read_experiment(write(tmp_path, text="question: x\n data: [\n"))
    with pytest.raises(OptionError, match="question stands in line 2 already"):
        read_experiment(write(tmp_path, text=TEXT + "question: again\n"))


def test_experiments_that_come_with_the_program_are_found_by_name() -> None:
    assert {"history-length", "prompt-template", "batch-and-learning-rate", "lora-or-p-tuning", "old-with-new"} == {
        *PRESETS
    }
    assert about("history-length").startswith("How long a history?")
    with pytest.raises(OptionError, match=r"no experiment 'history_lenght'.*did you mean history-length"):
        experiment_file("history_lenght")


@pytest.mark.parametrize("name", PRESETS)
def test_an_experiment_that_comes_with_the_program_is_right(name: str) -> None:
    found = read_experiment(PRESETS[name])

    assert {*found.question} == {"en", "zh"}
    assert found.question["en"] != found.question["zh"]
    assert found.data.items == 1043
