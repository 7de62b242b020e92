"""``prep models`` lists every family with what was tested, looks at one model, and says what another takes."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from tests.running import run
from train.families.registry import FAMILIES
from train.families.tested import TESTED
from train.models.tiny.registry import SMALL
from train.models.tiny.small import write_small

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def test_every_family_is_listed_with_what_was_tested() -> None:
    outcome = run("models")

    assert outcome.code == 0
    assert TESTED.keys() == FAMILIES.keys()
    said = " ".join(outcome.out.split())
    for name, family in FAMILIES.items():
        assert f"{name} " in said
        assert " ".join(family.about.split()) in said
        assert TESTED[name] in said


def test_every_family_has_a_page_with_a_command() -> None:
    for name in FAMILIES:
        page = (DOCS / "families" / f"{name}.md").read_text(encoding="utf-8")

        assert "\nprep train " in page, name
        assert f"(families/{name}.md)" in (DOCS / "models.md").read_text(encoding="utf-8")


def test_a_model_is_looked_at_without_its_weights(tmp_path: Path) -> None:
    folder = write_small(SMALL["tiny-qwen"], tmp_path / "model")
    (folder / "model.safetensors").unlink()

    facts = json.loads(run("models", folder, "--json").out)

    assert facts["family"].startswith("causal: ")
    assert facts["asked"].endswith("<|im_start|>user\\n{question}<|im_end|>\\n<|im_start|>assistant\\n")
    assert facts["ends"].startswith("<|im_end|> (")
    assert facts["lora"].startswith("q_proj, k_proj, v_proj, o_proj; with lora_target all: ")
    assert facts["methods"] == "all"


def test_a_released_model_needs_no_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))

    facts = json.loads(run("models", "THUDM/chatglm3-6b", "--json").out)

    assert facts["model"] == "THUDM/chatglm3-6b, not on this machine"
    assert facts["family"].startswith("chatglm3: ")
    assert "6,243,584,000 parameters" in facts["size"]


def test_the_name_of_a_family_leads_to_its_models() -> None:
    outcome = run("models", "chatglm2")

    assert outcome.code == 1
    assert outcome.error.startswith("prep: chatglm2: a family of models; look at one of it: THUDM/chatglm2-6b, ")


def test_of_an_unknown_model_it_says_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "abacus"}')
    (tmp_path / "tokenizer.json").touch()

    outcome = run("models", tmp_path)

    assert "model_type 'abacus' is of no known family" in outcome.error
    assert "prep models --how says what a new one takes" in outcome.error
    told = run("models", "--how").out
    assert "train/families/" in told
    assert "registry.py" in told
    assert "is_config" in told
