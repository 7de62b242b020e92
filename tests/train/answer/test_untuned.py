"""The base beside what was tuned on it: switched off where that is possible, a second copy elsewhere."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.train.answer.speaking import QUESTIONS, run_on
from tests.train.families.folders import model_folder
from train.answer.answerer import Answerer
from train.answer.generate import answers, left_padded
from train.answer.load import base, tuned
from train.answer.manner import Manner
from train.answer.stream import stream
from train.answer.untuned import untuned
from train.methods.registry import METHODS

OFF: dict[str, dict[str, int]] = {
    "p_tuning_v2": {},
    "p_tuning": {"num_virtual_tokens": 12},
    "prompt_tuning": {"num_virtual_tokens": 3},
    "lora": {},
    "adapter": {"bottleneck_size": 4},
    "lst": {},
}
"""Methods that leave the base as it was."""
CHANGING: dict[str, dict[str, int]] = {"freeze": {"num_layer_trainable": 1}, "full": {}}


def said(answerer: Answerer) -> list[str]:
    prompts = {number: answerer.prompt(question)[0] for number, question in enumerate(QUESTIONS)}
    batch = [each for part in answers(answerer, prompts, Manner(max_new_tokens=24)) for each in part]
    return [answer.text for answer in sorted(batch, key=lambda answer: answer.record)]


def never() -> Answerer:
    raise AssertionError("a second copy was loaded")


def scores(answerer: Answerer) -> Tensor:
    """Of the first token: a tuning shows there before it changes an answer."""
    prompt, _ = answerer.prompt(QUESTIONS[0])
    options = {**Manner(max_new_tokens=1).keywords(answerer), "output_logits": True, "return_dict_in_generate": True}
    given = left_padded([prompt], pad=3)
    found: Tensor = answerer.model.generate(**given, **options).logits[0]
    return found


@pytest.fixture(scope="module", params=["chatglm", "chatglm2"])
def either(request: pytest.FixtureRequest, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model if request.param == "chatglm" else model_folder("chatglm2", tmp_path_factory.mktemp("chatglm2"))


@pytest.mark.parametrize("method", OFF)
def test_the_base_answers_without_a_second_copy_and_the_tuned_model_after_it(
    method: str, either: Path, tmp_path: Path
) -> None:
    found = tuned(run_on(either, tmp_path / "run", method, OFF[method]).path)
    answerer = found.load()
    before, answer = scores(answerer), said(answerer)

    with untuned(answerer, never)() as opened:
        between, base_answer = scores(opened), said(opened)

    alone = found.without_adapter().load()
    assert torch.equal(between, scores(alone))
    assert base_answer == said(alone)
    assert (between - before).abs().max() > 0.01
    assert torch.equal(scores(answerer), before)
    assert said(answerer) == answer
    assert opened.method is None


@pytest.mark.parametrize("method", CHANGING)
def test_a_method_that_changes_the_base_has_it_loaded_again_once(method: str, model: Path, tmp_path: Path) -> None:
    found = tuned(run_on(model, tmp_path / "run", method, CHANGING[method]).path)
    answerer = found.load()
    loaded = []

    def second_copy() -> Answerer:
        loaded.append(found.without_adapter().load())
        return loaded[-1]

    opened = untuned(answerer, second_copy)
    with opened() as first, opened() as second:
        assert first is second is loaded[0]
        assert said(first) == said(base(str(model)).load())
    assert len(loaded) == 1
    assert said(answerer) != said(loaded[0])


def test_a_switch_that_fails_in_between_is_switched_back(model: Path, run_folder: Path) -> None:
    answerer = tuned(run_folder).load()
    before = said(answerer)

    with pytest.raises(KeyboardInterrupt), untuned(answerer, never)():
        raise KeyboardInterrupt

    assert said(answerer) == before


def test_a_base_is_its_own_base(model: Path) -> None:
    answerer = base(str(model)).load()

    with untuned(answerer, never)() as opened:
        assert opened.model is answerer.model


@pytest.mark.parametrize("method", [*OFF, *CHANGING])
def test_every_method_streams_what_it_generates(method: str, either: Path, tmp_path: Path) -> None:
    answerer = tuned(run_on(either, tmp_path / "run", method, (OFF | CHANGING)[method]).path).load()
    prompt, _ = answerer.prompt(QUESTIONS[0])

    *_, last = stream(answerer, prompt, Manner(max_new_tokens=24))

    assert last.text == said(answerer)[0]


def test_every_method_is_tried_here() -> None:
    tried: set[Any] = {*OFF, *CHANGING, "prefix_tuning", "adapter_fusion"}

    assert tried == set(METHODS)
