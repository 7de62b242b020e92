"""Counting tokens on the command line: the numbers of the reference tokenizers."""

import json
from pathlib import Path

import pytest

from prep.cli.tokenizer import load_counter
from schemas.errors import OptionError

pytest.importorskip("sentencepiece")
GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "golden"


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_counts_are_those_of_the_reference_tokenizer(version: str) -> None:
    folder = GOLDEN / "tok" / version
    if not folder.is_dir():
        pytest.skip("the golden tokenizers are not here (shared/golden lies beside the developers' checkout)")
    special = ("<sop>", "<eop>", "<unk>", "<pad>", "[MASK]", "[gMASK]", "</s>", "sop", "eop")
    golden = json.loads((GOLDEN / f"tokenizer_{version}.json").read_text(encoding="utf-8"))["strings"]
    plain = [each for each in golden if not any(token in _text(each) for token in special)]

    counts = load_counter(folder).count([_text(each) for each in plain])

    assert len(plain) > 40
    assert counts == [len(each["ids"]) for each in plain]


def _text(golden: dict[str, str]) -> str:
    return golden.get("text", golden.get("string", golden.get("s", "")))


def test_a_folder_without_a_tokenizer_is_named_with_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"none of ice_text\.model, tokenizer\.model"):
        load_counter(tmp_path)


def test_a_file_that_is_no_tokenizer_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")

    with pytest.raises(OptionError, match=r"not a tokenizer\.json") as error:
        load_counter(tmp_path)

    assert "\n" not in str(error.value)
