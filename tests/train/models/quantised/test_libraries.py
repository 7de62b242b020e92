"""Quantisations of bitsandbytes and torchao; skipped where they are not installed."""

import importlib.util
import warnings
from typing import Any

import pytest

from schemas.errors import OptionError
from tests.train.methods import tiny
from tests.train.models.quantised.bases import adapted, base
from train.models.quantised.choice import LIBRARIES, is_quantised, require_library

KINDS = pytest.mark.parametrize("kind", LIBRARIES)
FAMILIES = pytest.mark.parametrize("family", ["chatglm", "chatglm2"])


@pytest.fixture(autouse=True)
def installed(request: pytest.FixtureRequest) -> Any:
    """Their own warnings are theirs."""
    kind = getattr(request.node, "callspec", None) and request.node.callspec.params.get("kind")
    if kind and importlib.util.find_spec(LIBRARIES[kind]) is None:
        pytest.skip(f"{LIBRARIES[kind]} is not installed; it comes with the extra quantised")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@KINDS
@FAMILIES
def test_logits_stay_near_those_of_the_plain_base(kind: Any, family: str) -> None:
    plain, official = (tiny.logits(model, family) for model in (tiny.base(family), base(family, "int4")))
    model = base(family, kind)

    apart = (tiny.logits(model, family) - plain).abs().mean()

    quantised = [module for module in model.modules() if is_quantised(module)]
    assert len(quantised) == 4 * tiny.LAYERS
    assert 0 < apart < (official - plain).abs().mean() * (3 if kind == "nf4" else 0.3)


@KINDS
@FAMILIES
@pytest.mark.parametrize("name", ["p_tuning_v2", "lora everywhere", "AdaLoRA"])
def test_it_trains_answers_and_trains_on(kind: Any, family: str, name: str) -> None:
    model = adapted(name, family, kind)
    before = tiny.logits(model, family)

    tiny.train(model, name, family)
    tiny.answer(model, family)
    tiny.train(model, name, family)

    after = tiny.logits(model, family)
    assert after.isfinite().all()
    assert (after - before).abs().max() > 1e-4


@KINDS
@pytest.mark.parametrize("name", ["full", "freeze", "DoRA"])
def test_what_needs_the_weights_is_refused(kind: Any, name: str) -> None:
    with pytest.raises(OptionError, match="needs the weights of the base, which are quantised"):
        adapted(name, "chatglm", kind)


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    require_library("int4")
    with pytest.raises(OptionError, match=r"quantization nf4: needs bitsandbytes, which is not installed: pip install"):
        require_library("nf4")
