"""``prep export`` as a person runs it."""

import json
from pathlib import Path

import pytest

import prep
from pipeline.export.registry import TARGETS
from prep.cli.export import DATASETS, RUNS
from tests.pipeline.mixing.folders import folder, pairs
from tests.running import run
from train.export.registry import FORMS


def test_the_help_names_every_format_that_there_is() -> None:
    assert [*TARGETS] == [*DATASETS]
    assert [*FORMS] == [*RUNS]


def test_a_dataset_is_found_by_its_name_and_the_trainer_is_told(tmp_path: Path) -> None:
    folder(tmp_path / "data" / "legal", train=[("问", "答", [("先", "前")])], dev=[("甲", "乙")])

    outcome = run("export", "legal", "--to", "llama-factory", "--data", tmp_path / "data", "--out", tmp_path)

    place = tmp_path / "legal-llama-factory"
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines() == [
        f"{place}: written: 1 train, 1 dev",
        "1 record with earlier turns, whose answers are trained on again: set mask_history: true",
        "where each record came from, rejected rows and duplicates stay in the dataset folder",
        "tell the trainer:",
        f"  dataset_dir: {place}",
        "  dataset: legal",
        "  eval_dataset: legal_dev",
        "  mask_history: true",
        "read it back with:",
        f"  prep convert {place} --domain legal --format instruct/conversations --turns last --shape chat "
        "--split-by file --no-clean",
    ]


def test_json_is_one_object_and_the_same_again_says_so(tmp_path: Path) -> None:
    dataset = folder(tmp_path / "legal", train=pairs("甲", 3))
    arguments = ("export", dataset.path, "--to", "alpaca", "--out", tmp_path)
    run(*arguments)

    plain, again = json.loads(run(*arguments, "--json").out), run(*arguments).out

    assert plain["unchanged"]
    assert plain["records"] == {"train": 3}
    assert "there already, unchanged" in again


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "hub"), "--repo OWNER/NAME and --license NAME and --source TEXT not given"),
        (("--to", "openai", "--license", "mit"), "--license belongs to --to hub or parquet; found --to openai"),
        (("--to", "parquet", "--repo", "me/x"), "--repo belongs to --to hub; found --to parquet"),
        (("--to", "parquet", "--license", "Do what you want"), "expected an identifier of the hub"),
        (("--to", "merged"), "is a dataset, not a run; a dataset becomes llama-factory, "),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_written(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    dataset = folder(tmp_path / "legal", train=pairs("甲", 3))

    outcome = run("export", dataset.path, *arguments, "--out", tmp_path / "exports")

    assert outcome.code == 1
    assert said in outcome.error
    assert not (tmp_path / "exports").exists()


def test_a_run_becomes_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")

    outcome = run("export", tmp_path, "--to", "openai")

    assert "is a run, not a dataset; a run becomes merged, peft, " in outcome.error


def test_python_callers_get_the_folder(tmp_path: Path) -> None:
    dataset = folder(tmp_path / "legal", train=pairs("甲", 3))

    assert prep.export(dataset, to="sharegpt", out=tmp_path) == tmp_path / "legal-sharegpt"
