"""Base and tuned model beside each other, and bases that stand for nothing but themselves."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import OptionError
from tests.train.answer.speaking import run_on
from train.answer.answerer import Asking
from train.answer.load import Found, tuned
from train.base import find_base
from train.encoding.form import Wording
from train.evaluation.models import Models
from train.evaluation.stand_in import kind_of, stands_for_itself
from train.evaluation.subject import models_of


def _loads(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    loaded: list[Path | None] = []
    load = Found.load

    def counting(found: Found) -> Any:
        loaded.append(found.adapter)
        return load(found)

    monkeypatch.setattr(Found, "load", counting)
    return loaded


@pytest.mark.parametrize(("method", "copies"), [("p_tuning_v2", 1), ("lora", 1), ("lst", 1), ("full", 2)])
def test_a_second_copy_is_loaded_only_where_the_base_was_changed(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, copies: int
) -> None:
    settings = {"lst": {"lst_reduction": 4}}.get(method)
    found = tuned(run_on(model, tmp_path / "run", method, settings).path)
    models, loaded = Models(found.without_adapter(), found), _loads(monkeypatch)

    for side in ("base", "tuned", "base"):
        with models.opened(side, Asking()):
            pass

    assert loaded == [found.adapter, *[None] * (copies - 1)]


def test_what_is_released_is_loaded_anew(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = _loads(monkeypatch)

    for _ in range(2):
        with models.opened("base", Asking()):
            pass
        models.release()

    assert len(loaded) == 2


def test_a_model_is_asked_as_it_is_told_not_as_it_was_trained(models: Models) -> None:
    asking = Asking(wording=Wording(preset="legal"))

    with models.opened("tuned", asking) as answerer:
        assert answerer.asking == asking


def test_a_tiny_base_stands_for_itself(model: Path) -> None:
    base = find_base(str(model))

    assert kind_of(base) == "tiny"
    assert "0.1 million parameters: no verdict here is about the 6B" in stands_for_itself(base)


def test_random_weights_stand_for_nothing(model: Path, tmp_path: Path) -> None:
    copied = tmp_path / "random"
    shutil.copytree(model, copied)
    config = json.loads((copied / "config.json").read_text(encoding="utf-8"))
    (copied / "config.json").write_text(json.dumps({**config, "random_weights": True}), encoding="utf-8")

    base = find_base(str(copied))

    assert kind_of(base) == "random"
    assert "are random" in stands_for_itself(base)


def test_a_base_of_full_size_is_worth_the_question(model: Path, tmp_path: Path) -> None:
    large = {"num_layers": 28, "hidden_size": 4096, "inner_hidden_size": 16384, "num_attention_heads": 32}
    copied = tmp_path / "large"
    shutil.copytree(model, copied)
    config = json.loads((copied / "config.json").read_text(encoding="utf-8"))
    (copied / "config.json").write_text(json.dumps({**config, **large, "vocab_size": 130528}), encoding="utf-8")

    base = find_base(str(copied))

    assert (kind_of(base), stands_for_itself(base)) == ("trained", "")


def test_nothing_named_is_refused() -> None:
    with pytest.raises(OptionError, match="nothing to evaluate"):
        models_of(None, None, note=print)
