import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from prep.cli.stats import stats
from schemas.errors import OptionError, PrepError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("patent", "专利"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.json").write_text(
            '{"content": "一种装置", "summary": "本发明公开了一种检测装置。"}\n' * 3, encoding="utf-8"
        )
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(stats, [str(argument) for argument in arguments])


def test_without_names_every_dataset_is_in_one_table(data: Path) -> None:
    result = run("--data", data)

    assert result.exit_code == 0, result.output
    assert "patent " in result.output
    assert "专利 " in result.output
    assert result.output.count("p95") == 1
    assert "characters as a stand-in" in result.output
    assert "\x1b" not in result.output


def test_json_is_one_object_and_nothing_else(data: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"

    result = run(
        "专利", "--data", data, "--json", "--html", page, "--max_source_length", "3", "--max-target-length", "9"
    )

    (found,) = json.loads(result.stdout)["datasets"]
    assert (found["name"], found["records"], found["vocabulary"]["top"]["装置"]) == ("专利", 3, 6)
    lengths = found["splits"][0]["lengths"][0]
    assert (lengths["text"], lengths["unit"], lengths["p50"], lengths["histogram"]) == (
        "content",
        "chars",
        4,
        [[4, 4, 3]],
    )
    (losses,) = found["splits"][0]["truncation"]
    assert (losses["limits"], losses["answers_cut"], losses["questions_cut"]) == ({"source": 3, "target": 9}, 3, 3)
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_one_target_length_goes_with_all_source_lengths(data: Path) -> None:
    result = run(
        "patent", "--data", data, "--max-source-length", "64", "--max-source-length", "128", "--max-target-length", "32"
    )

    assert "64/32" in result.output
    assert "128/32" in result.output


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["--max-source-length", "64"], OptionError, "1 --max-source-length and 0 --max-target-length"),
        (["--unit", "tokens"], OptionError, "add --tokenizer PATH"),
        (["nothing"], PrepError, "nothing: no such dataset"),
        (["--html", "/nowhere/page.html"], PrepError, "/nowhere/page.html: cannot be written: No such file"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: list[str], error: type[PrepError], message: str, data: Path) -> None:
    result = run(*arguments, "--data", data)

    assert isinstance(result.exception, error)
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)


def test_characters_load_no_heavy_library(data: Path) -> None:
    program = (
        "import sys; from prep.cli.stats import stats; stats(sys.argv[1:], standalone_mode=False);"
        "print(sorted({'torch', 'transformers', 'jieba', 'rjieba', 'matplotlib', 'datasets'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, "patent", "--data", str(data), "--unit", "chars"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "[]"
