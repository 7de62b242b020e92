"""prep recipes: the list, one recipe, and the keys."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import run
from train.recipe.presets import PRESETS, preset_text, recipe_layer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_every_recipe_is_listed_with_what_it_is_for() -> None:
    outcome = run("recipes")

    listed = [line.split(" ")[0] for line in outcome.out.splitlines() if not line.startswith(" ")]
    assert (outcome.code, outcome.err, listed) == (0, "", list(PRESETS))
    assert max(map(len, outcome.out.splitlines())) <= 80


@pytest.mark.parametrize("name", PRESETS)
def test_a_recipe_is_printed_so_that_it_can_be_saved_and_changed(name: str, tmp_path: Path) -> None:
    outcome = run("recipes", name)

    path = tmp_path / "mine.yaml"
    path.write_text(outcome.out, encoding="utf-8")
    assert outcome.out == preset_text(name)
    assert recipe_layer(str(path))[1] == recipe_layer(name)[1]


def test_an_unknown_recipe_is_answered_with_the_nearest() -> None:
    assert "did you mean quick?" in run("recipes", "quik").error


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("warmup", ["  warmup_steps: 0", "warmup_ratio is warmup_steps, a share of all steps now"]),
        ("pre-seq", ["  pre_seq_len: 128"]),
        ("learning_rate", ["  learning_rate: null"]),
        ("quantization", ["  quantization: none", "quantization_bit is quantization"]),
        ("lora_r", ["  lora_rank: 8", "lora_r is lora_rank"]),
        ("encoding", ["  encoding: default", "      one of: default, official, instruct"]),
    ],
)
def test_keys_are_found_by_a_part_of_their_names_of_today_and_of_before(word: str, expected: list[str]) -> None:
    lines = run("recipes", "--keys", word).out.splitlines()

    assert [line for line in expected if line not in lines] == []


def test_all_keys_are_explained_on_a_screen_of_80_columns() -> None:
    outcome = run("recipes", "--keys")

    lines = outcome.out.splitlines()
    assert {"data", "model", "method lora", "training"} <= set(lines)
    assert [line for line in lines if len(line) > 80 and " " in line.strip()] == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--keys", "xyzzy"], "no key has 'xyzzy' in its name or explanation; prep recipes --keys lists all"),
        (["quick", "--keys", "lora"], "quick and --keys: two questions; ask one of them"),
    ],
)
def test_what_cannot_be_answered_is_one_line(arguments: list[str], expected: str) -> None:
    assert run("recipes", *arguments).error == f"prep: {expected}"


def test_listing_and_printing_load_no_torch() -> None:
    code = (
        "import sys; from prep.cli.recipes import recipes\n"
        "recipes([], standalone_mode=False); recipes(['quick'], standalone_mode=False)\n"
        "print(sorted({'torch', 'transformers', 'peft'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_several_mistakes_are_one_block_with_a_line_each() -> None:
    outcome = run("train", "--recipe", "quick", "--lerning_rate", "3", "--fp16", "--bf16")

    assert outcome.code == 1
    assert outcome.err.splitlines() == [
        "prep: 2 mistakes in the recipe, nothing was loaded:",
        "  command line: lerning_rate: no such key; did you mean learning_rate?",
        "  fp16 and bf16: a training has one precision; keep one of them",
    ]
