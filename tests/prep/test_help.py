"""Help that fits a screen, shows defaults and an example, and names that forgive a _ for a -."""

import unicodedata
from dataclasses import fields
from typing import Any

import click
import pytest

from pipeline.options import ConvertOptions
from pipeline.rules.rule import RuleOptions
from prep.cli.funnel import funnel_lines
from prep.cli.main import COMMANDS, prep
from schemas.reasons import REASONS, TURN_COUNTS
from tests.running import run

SCREEN = (80, 40)


def command(name: str) -> click.Command:
    found = prep.get_command(click.Context(prep), name)
    assert found is not None
    return found


def options(name: str) -> list[click.Option]:
    return [each for each in command(name).params if isinstance(each, click.Option)]


def help_of(name: str, flag: str = "--help") -> str:
    outcome = run(name, flag)
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.out


@pytest.fixture(autouse=True)
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(SCREEN[0]))


@pytest.mark.parametrize("name", COMMANDS)
def test_everyday_help_fits_a_screen_and_leaves_a_line_for_the_prompt(name: str) -> None:
    lines = help_of(name).splitlines()

    assert len(lines) < SCREEN[1]
    assert [line for line in lines if columns(line) > SCREEN[0]] == []


def columns(line: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in line)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example(name: str) -> None:
    usage, _, rest = help_of(name).partition("\n")

    assert usage.startswith(f"Usage: prep {name} ")
    assert f"prep {name} " in " ".join(rest.partition("Options:")[0].split()) + " "


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_for(name: str) -> None:
    assert [option.name for option in options(name) if not option.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_may_be_written_with_underscores(name: str) -> None:
    for option in options(name):
        for spelling in option.opts:
            written = "--" + spelling.removeprefix("--").replace("-", "_")
            parser = command(name).make_parser(click.Context(command(name), **command(name).context_settings))

            values, _, _ = parser.parse_args([written, *([] if option.is_flag else ["1"])])

            assert option.name in values, written


def test_the_long_help_shows_every_option_and_leaves_the_everyday_help_short() -> None:
    everyday = help_of("convert")

    everything = help_of("convert", "--help-all")

    assert all(spelling in everything for option in options("convert") for spelling in option.opts)
    assert set(everyday.splitlines()[:30]) <= set(everything.splitlines())
    assert "--help-all" in everyday
    assert "--conflicts" not in everyday
    assert help_of("convert") == everyday


@pytest.mark.parametrize("name", [name for name in COMMANDS if not any(option.hidden for option in options(name))])
def test_a_command_without_rare_options_has_no_long_help(name: str) -> None:
    assert "--help-all" not in help_of(name)


def test_the_help_of_convert_shows_the_defaults_that_the_pipeline_has() -> None:
    shown = {option.name: option.help or "" for option in options("convert")}

    for name, default in defaults().items():
        if name in shown and default not in (None, False, (), {}):
            assert f"[default: {default}]" in shown[name], name


def defaults() -> dict[str, Any]:
    every = ConvertOptions()
    own = {
        each.name: getattr(every, each.name) for each in fields(ConvertOptions) if each.name not in ("rules", "clean")
    }
    return own | {each.name: getattr(every.rules, each.name) for each in fields(RuleOptions)}


def test_max_content_can_be_given_with_underscores() -> None:
    context = command("convert").make_context("convert", ["patents.csv", "--max_content", "32"])

    assert context.params["max_content"] == 32


def test_a_nearly_right_option_is_answered_with_the_right_one() -> None:
    outcome = run("convert", "patents.csv", "--max-contnt", "32")

    assert outcome.code == 1
    assert "--max-content" in outcome.error


def test_a_funnel_with_every_reason_in_it_fits_the_screen() -> None:
    counts = dict.fromkeys(REASONS, 1_234_567)
    rows = {"read": 10**9, "not_a_record": counts, "merged": 1, "rejected": counts}
    records = {"made": 1, "rejected": counts, "duplicates": 1, "not_sampled": 1, "train": 1, "dev": 0, "test": 0}
    side = {"p5": 1, "p50": 2, "p95": 3}
    manifest = {
        "rows": rows,
        "records": records,
        "lengths": {"content": side, "summary": side},
        "turns": dict.fromkeys(TURN_COUNTS, 1),
        "cleaned": dict.fromkeys(("entities", "reference_marks", "empty_brackets", "plain_blanks"), 1_234_567),
        "repaired": {"mixed_encoding": 1},
    }

    lines = list(funnel_lines(manifest))

    assert [line for line in lines if columns(line) > SCREEN[0]] == []
    assert [line for line in lines if line != line.rstrip()] == []
    text = " ".join(" ".join(lines).split())
    assert all(f"{code}: {reason.text}" in text for code, reason in REASONS.items())
    assert all(what in text for what in TURN_COUNTS.values())
