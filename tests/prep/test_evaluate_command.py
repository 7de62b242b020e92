"""``prep evaluate`` as a person runs it: on a converted sample, broken off by ``kill -9``, asked for what cannot be."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import prep
from schemas.dataset import PreparedDataset
from schemas.errors import OptionError
from schemas.report import MARKDOWN, PAGE, REPORT
from tests.running import json_lines, patents, run
from tests.train.answer.speaking import run_on
from tests.train.evaluation.datasets import dataset
from train.models.tiny.folder import untrained
from train.report.save import load_report

KILLED = """
import os, signal, sys
from train.evaluation import cells
bits = cells.bits_by_all
done = []
def measured(*arguments, **options):
    for batch in bits(*arguments, **options):
        yield batch
    done.append(batch)
    if len(done) == int(os.environ["KILLED_AFTER"]):
        os.kill(os.getpid(), signal.SIGKILL)
cells.bits_by_all = measured
from prep.cli.main import main
sys.argv = ["prep", "evaluate", *sys.argv[1:]]
main()
"""
QUICK = ("--resamples", "100")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``data/patent``, as converted; ``data/legal``; ``run`` on the former."""
    folder = tmp_path_factory.mktemp("evaluate")
    source = json_lines(folder / "patents.jsonl", patents(120))
    outcome = run("convert", source, "--out", folder / "data", "--domain", "patent")
    assert outcome.code == 0, outcome.err
    dataset(folder / "data" / "legal", "legal", test=3)
    run_on(untrained(folder / "model"), folder / "run", dataset=str(folder / "data" / "patent"), max_target_length=6)
    return folder


@pytest.fixture
def there(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("data", "model", "run"):
        (tmp_path / name).symlink_to(place / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def evaluated(*arguments: str) -> Any:
    outcome = run("evaluate", *arguments, *QUICK, "--json")
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def test_a_run_is_evaluated_on_what_it_was_trained_on_and_on_all_others(there: Path) -> None:
    outcome = run("evaluate", "--run", "run", *QUICK)

    assert outcome.code == 0, outcome.err
    folder = Path("evaluations/patent-run")
    assert outcome.out.startswith("patent: ? Undecided\n! Not about the 6B. ")
    assert outcome.out.endswith(f"{folder}: written; open {folder / PAGE} in a browser\n")
    assert "tuned, patent test: answers: " in outcome.err
    assert {path.name for path in folder.iterdir()} == {REPORT, MARKDOWN, PAGE}
    [domain] = load_report(folder).domains
    assert (domain.dataset, domain.method, [*domain.forgotten]) == ("patent", "p_tuning_v2", ["legal"])


def test_the_same_command_again_measures_nothing(there: Path) -> None:
    first = evaluated("--run", "run", "--others", "none")

    again = run("evaluate", "--run", "run", "--others", "none", *QUICK)

    assert again.err == "note: run: trained on x, asked about patent\n"
    assert evaluated("--run", "run", "--others", "none")["domains"][0]["scores"] == first["domains"][0]["scores"]


@pytest.mark.parametrize("killed_after", [1, 5])
def test_killed_at_any_moment_the_same_command_goes_on(there: Path, killed_after: int) -> None:
    options = ["--run", "run", "--others", "none", *QUICK, "--json"]

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *options, "--out", "broken"],
        check=False,
        timeout=120,
        capture_output=True,
        env={"KILLED_AFTER": str(killed_after), "OMP_NUM_THREADS": "1", "PYTHONPATH": ":".join(sys.path)},
    )
    assert killed.returncode == -signal.SIGKILL
    finished = len([*Path("broken/cells").glob("*.json")])
    on = evaluated("--run", "run", "--others", "none", "--out", "broken")
    whole = evaluated("--run", "run", "--others", "none", "--out", "whole")

    assert finished == killed_after - 1
    assert on["domains"][0]["scores"] == whole["domains"][0]["scores"]
    assert sorted(path.name for path in Path("broken/cells").iterdir()) == sorted(
        path.name for path in Path("whole/cells").iterdir()
    )


def test_a_dry_run_says_what_would_be_measured_and_writes_nothing(there: Path) -> None:
    before = run("evaluate", "--run", "run", "--dry-run")
    assert before.code == 0
    assert not Path("evaluations").exists()
    lines = before.out.splitlines()
    assert lines[0].split() == ["items", "tokens", "new", "tokens", "what"]
    assert any(line.endswith("tuned, patent test: answers") for line in lines)
    assert any(line.endswith("tuned, legal test: bits") for line in lines)
    evaluated("--run", "run")

    after = run("evaluate", "--run", "run", "--dry-run")

    assert "0 cells to measure: 0 tokens to read, 0 to write at most" in after.out
    plan = json.loads(run("evaluate", "--run", "run", "--dry-run", "--json").out)
    assert {cell["is_there"] for cell in plan["cells"]} == {True}


def test_a_base_is_evaluated_alone_in_chinese(there: Path) -> None:
    outcome = run("evaluate", "patent", "--model", "model", "--items", "4", "--lang", "zh", *QUICK)

    assert outcome.code == 0, outcome.err
    assert "只评测了基座模型" in outcome.out
    folder = Path("evaluations/patent-model-base")
    assert load_report(folder).domains[0].items == 4
    assert "尚无定论" in (folder / MARKDOWN).read_text(encoding="utf-8")


def test_chosen_metrics_and_limits_are_heard(there: Path) -> None:
    report = evaluated(
        "--run", "run", "--others", "none", "--metrics", "ROUGE-L, BLEU-4", "--max-new-tokens", "3",
        "--max-source-length", "16",
    )  # fmt: skip

    assert {score["metric"] for score in report["domains"][0]["scores"]} == {"ROUGE-L", "BLEU-4"}
    assert report["settings"]["limits"] == {"source": 16, "target": 3}
    assert report["domains"][0]["cut"]["answer"] == 1.0


def test_python_callers_get_the_report(there: Path) -> None:
    found = prep.evaluate("run", PreparedDataset.open("data/patent"), others=["legal"], resamples=100, items=5)

    assert found.domains[0].items == 5
    assert load_report("evaluations/patent-run").domains[0].scores[0].metric == found.domains[0].scores[0].metric
    with pytest.raises(OptionError, match="no metric 'x'"):
        prep.evaluate("run", metrics=("x",))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["patent"], "nothing to evaluate; name a run with --run runs/…, or a base with --model"),
        (["--model", "model"], "no dataset; name the one to ask about, e.g. data/legal"),
        (["nothing", "--model", "model"], "nothing: no such dataset; make the dataset with prep convert"),
        (["--run", "no"], "no: no such run; train with prep train, or go on with --resume"),
        (["--run", "run", "--others", "no"], "no: no such dataset; make the dataset with prep convert"),
        (["--run", "run", "--metrics", "BLEU"], "no metric 'BLEU'; choose of: bits_per_character"),
        (["--run", "run", "--curve"], "data/patent; --curve needs the dataset that it learnt from"),
        (["patent", "--model", "model", "--curve"], "--curve trains as a run was trained; name one with --run"),
        (["--run", "run", "--items", "1"], "Invalid value for '--items': 1 is not in the range x>=2"),
        (["--run", "run", "--out", "data/patent/train.json"], "cannot be written"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(there: Path, arguments: list[str], message: str) -> None:
    outcome = run("evaluate", *arguments)

    assert (outcome.code, outcome.out) == (1, "")
    lines = [line for line in outcome.err.splitlines() if not line.startswith("note: ")]
    assert len(lines) == 1
    assert message in lines[0]


def test_an_interruption_keeps_what_was_measured(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("train.evaluation.cells.answers_by_all", interrupted)

    outcome = run("evaluate", "--run", "run", "--others", "none")

    assert outcome.code == 130
    assert outcome.err.splitlines()[-1] == "prep: interrupted; what was measured is kept, the same command goes on"
    assert [*Path("evaluations/cells").glob("bits-*.json")]
