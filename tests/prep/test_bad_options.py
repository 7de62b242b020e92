"""Options and recipes that cannot be are refused in one line, before anything is written."""

from pathlib import Path

import pytest

from tests.running import refusal, run


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--dev", "-1", "--dev -1: expected a share from 0 to below 1, or a whole number"),
        ("--dev", "1.5", "--dev 1.5: expected a share from 0 to below 1, or a whole number"),
        ("--test", "nan", "--test nan: expected a share"),
        ("--test", "inf", "--test inf: expected a share"),
        ("--dev", "5%", "'5%' is no number; expected a share such as 0.05 or a count such as 500"),
        ("--dev", "0.97", "--dev 0.97 and --test 0.05 leave nothing to train on"),
        ("--dev", "61", "--dev 61 and --test 0.05 leave nothing to train on: only 60 records came through"),
        ("--sample", "0", "--sample 0: expected a positive whole number"),
        ("--limit", "-3", "--limit -3: expected a positive whole number"),
        ("--max-content", "-3", "--max-content -3: expected a length, 0 or more"),
        ("--min-chinese", "70", "--min-chinese 70: expected a share from 0 to 1"),
        ("--max-reject-rate", "2", "--max-reject-rate 2: expected a share from 0 to 1"),
        ("--unit", "tokens", "--unit tokens needs --tokenizer PATH"),
        ("--table", "sheet1", "--table sheet1: expected a database or a workbook, found json"),
        ("--stratify", "类别", "--stratify 类别: no such column; found title, assignee, abstract"),
        ("--format", "bdci2", "no format 'bdci2'; prep inspect --formats lists them"),
        ("--format", "table", "did you mean paper/table or patent/table?"),
        ("--join", "x.csv", "--join and --on belong together"),
        ("--name", "a/b", "--name 'a/b': expected the name of a folder, without slashes; use --out for its parent"),
        ("--name", "..", "--name '..': expected the name of a folder"),
        ("--domain", "patents", "'patents' is not one of"),
        ("--max-contnt", "32", "No such option '--max-contnt'. (Did you mean"),
        ("--like", "nowhere", "nowhere: no such dataset"),
        ("--recipe", "nowhere.yaml", "nowhere.yaml: cannot be read: No such file or directory"),
    ],
)
def test_options_that_cannot_be_are_refused(source: Path, out: Path, option: str, value: str, expected: str) -> None:
    assert expected in refusal(out, source, option, value)


def test_a_minimum_above_its_maximum_is_refused(source: Path, out: Path) -> None:
    message = refusal(out, source, "--min-content", "9", "--max-prompt", "8")

    assert message == "--min-content 9 is above --max-content 8: nothing could pass"


@pytest.mark.parametrize("stratify", [False, True])
def test_a_count_above_the_data_is_refused(source: Path, out: Path, stratify: bool) -> None:
    options = ["--stratify", "assignee"] if stratify else []

    message = refusal(out, source, "--dev", "5000", "--test", "1", *options)

    assert message == "--dev 5000 and --test 1 leave nothing to train on: only 60 records came through"


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ("max_contnt: 32\n", "no option max_contnt; did you mean max_content?"),
        ("dev: lots\n", "--dev 'lots': expected a number"),
        ("max_content: 3.5\n", "--max-content 3.5: expected a whole number"),
        ("domain: patents\n", "--domain 'patents': choose one of: encyclopedia, legal"),
        ("map: 标题\n", "--map '标题': expected names of columns"),
        ("clean: maybe\n", "--clean 'maybe': expected true or false"),
        ("- dev\n", 'expected options and their values, e.g. max_content: 32; found ["dev"]'),
        ("just words\n", "expected options and their values"),
        ("", "expected options and their values"),
        ("a: [1,\n", "not YAML: "),
        ("\x00", "not YAML: "),
    ],
)
def test_a_recipe_that_is_none_is_named(source: Path, tmp_path: Path, out: Path, recipe: str, expected: str) -> None:
    path = tmp_path / "convert.yaml"
    path.write_text(recipe, encoding="utf-8")

    message = refusal(out, source, "--recipe", path)

    assert message.startswith(f"{path}: ")
    assert expected in message


def test_prep_alone_shows_its_help() -> None:
    outcome = run()

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Usage: prep")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["convert"], "Missing argument 'SOURCES...'; see prep convert --help"),
        (["konvert"], "No such command 'konvert'"),
        (["convert", "", "--out", "x"], "a source without a name"),
    ],
)
def test_a_wrong_command_is_one_line(arguments: list[str], expected: str) -> None:
    outcome = run(*arguments)

    assert outcome.code == 1
    assert expected in outcome.error
