"""``prep mix`` as a person runs it, and what the other commands say of its dataset."""

import json
from pathlib import Path

import prep
from tests.pipeline.mixing.folders import folder, pairs
from tests.running import run


def two(place: Path) -> Path:
    folder(place / "legal", train=pairs("法", 10), test=pairs("法", 4, 20))
    folder(place / "instruct", domain="instruct", train=pairs("令", 20), test=pairs("令", 5, 50))
    return place


def test_a_mixture_is_an_ordinary_dataset(tmp_path: Path) -> None:
    data = two(tmp_path)

    outcome = run("mix", "legal:1", "instruct:0.5", "--data", data, "--out", data)

    assert outcome.code == 0, outcome.err
    assert (
        outcome.out.splitlines()[-1]
        == f"{data}/legal-mixed: written in the pair shape; train with prep train {data}/legal-mixed"
    )
    assert outcome.out.splitlines()[-2].split() == ["together", "20", "0", "6", "13", "0", "0"]
    assert run("validate", data / "legal-mixed").code == 0
    assert run("stats", data / "legal-mixed", "--unit", "chars").code == 0


def test_the_same_again_says_so_and_json_is_one_object(tmp_path: Path) -> None:
    data = two(tmp_path)
    arguments = ("mix", "legal:1", "instruct:5", "--data", data, "--out", data, "--name", "both")
    run(*arguments)

    again, plain = run(*arguments), json.loads(run(*arguments, "--json").out)

    assert "both: there already, made of the same datasets" in again.out
    assert plain["unchanged"]
    assert plain["manifest"]["records"]["train"] == 15


def test_what_cannot_be_is_one_line(tmp_path: Path) -> None:
    outcome = run("mix", "legal:2.5", "instruct:1", "--data", two(tmp_path))

    assert outcome.code == 1
    assert outcome.error.startswith("prep: legal:2.5: neither a share up to 1 nor a whole number of records; expected ")


def test_python_callers_name_amounts_as_numbers(tmp_path: Path) -> None:
    data = two(tmp_path)

    found = prep.mix({"legal": 1, "instruct": 0.25}, name="both", data=data, out=data)

    assert (found.count("train"), found.count("test")) == (15, 5)
