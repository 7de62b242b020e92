"""The audit of a model's folder is what its training reports."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from prep.cli.stats import stats
from prep.cli.tokenizer import load_counter, load_rule
from schemas.errors import OptionError
from schemas.statistics import SequenceLimits
from tests.train.families.folders import GENERATIONS, model_folder
from tests.train.families.test_families import RECORDS
from train.families.family import Encoding
from train.families.registry import FAMILIES

LIMITS = [SequenceLimits(source=source, target=target) for source, target in ((24, 4), (40, 16), (300, 300))]
ASKED = [
    text
    for limits in LIMITS
    for text in ("--max-source-length", str(limits.source), "--max-target-length", str(limits.target))
]
LOSSES = ("answers_cut", "questions_cut", "questions_gone", "turns_cut", "lost_turns")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "dialogues"
    folder.mkdir()
    RECORDS.write_ndjson(folder / "train.json")
    return folder


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(stats, [str(argument) for argument in arguments])


@pytest.mark.parametrize("encoding", [None, "default", "official"])
@pytest.mark.parametrize("name", GENERATIONS)
def test_the_audit_is_what_training_reports(
    tmp_path: Path, dataset: Path, name: str, encoding: Encoding | None
) -> None:
    family, folder = FAMILIES[name], model_folder(name, tmp_path / "model")
    options = ["--encoding", encoding] if encoding else []

    result = run(dataset, "--tokenizer", folder, "--unit", "tokens", "--json", *options, *ASKED)

    (found,) = json.loads(result.stdout)["datasets"]
    tokenizer: Any = family.load_tokenizer(folder)
    for audited, limits in zip(found["splits"][0]["truncation"], LIMITS, strict=True):
        losses = family.encode(RECORDS, tokenizer, limits, encoding=encoding or "default").losses
        assert {kind: audited[kind] for kind in LOSSES} == {kind: getattr(losses, kind) for kind in LOSSES}
    assert found["splits"][0]["truncation"][0]["questions_cut"] > 0
    assert found["truncation_rule"] == f"{name}'s {encoding or 'default'} encoding, in tokens of {folder}"


@pytest.mark.parametrize("name", GENERATIONS)
def test_the_vocabulary_alone_counts_what_the_model_s_tokenizer_counts(tmp_path: Path, name: str) -> None:
    folder = model_folder(name, tmp_path / "model")
    texts = [text for row in RECORDS.rows() for text in row[:2]]

    found = load_rule(folder, "default")

    assert found is not None
    assert load_counter(folder).count(texts) == found[0].count(texts)


def test_a_vocabulary_s_file_has_no_form_to_audit(tmp_path: Path, dataset: Path) -> None:
    (vocabulary,) = model_folder("chatglm", tmp_path / "model").glob("*.model")

    refused = run(dataset, "--tokenizer", vocabulary, "--encoding", "default")
    official = run(dataset, "--tokenizer", vocabulary, "--encoding", "official")

    assert isinstance(refused.exception, OptionError)
    assert "--encoding default: needs a model" in str(refused.exception)
    assert "ChatGLM-6B's rule, in tokens of" in official.output


def test_the_folder_of_another_model_is_audited_by_the_official_rule(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "abacus"}')

    assert load_rule(tmp_path, "default") is None


def test_counting_with_a_vocabulary_s_file_loads_no_torch(tmp_path: Path, dataset: Path) -> None:
    (vocabulary,) = model_folder("chatglm", tmp_path / "model").glob("*.model")
    program = (
        "import sys; from prep.cli.stats import stats; stats(sys.argv[1:], standalone_mode=False);"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, dataset, "--tokenizer", vocabulary, "--unit", "tokens"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == "[]"
