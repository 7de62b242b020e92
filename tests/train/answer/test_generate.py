"""Answers to many prompts: the same in batches as alone, whatever is cut, drawn or short of memory."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from schemas.errors import ModelError
from tests.train.answer.speaking import QUESTIONS
from tests.train.families.folders import model_folder
from train.answer.answerer import Answerer
from train.answer.generate import Answer, Decoding, answers, left_padded
from train.answer.load import base
from train.answer.manner import Manner
from train.encoding.examples import Ids
from train.models.decoding.decoder import Decoder

ASKED = tuple(question for question in QUESTIONS if question)


@pytest.fixture(scope="module", params=["chatglm", "chatglm2"])
def answerer(request: pytest.FixtureRequest, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    if request.param == "chatglm":
        return base(str(model)).load()
    return base(str(model_folder("chatglm2", tmp_path_factory.mktemp("chatglm2")))).load()


def prompts(answerer: Answerer) -> dict[int, Ids]:
    return dict(enumerate(answerer.prompts(pl.DataFrame({"prompt": ASKED}))))


def answered(answerer: Answerer, batch_size: int = 8, decoding: Decoding = "slots", **manner: Any) -> dict[int, Answer]:
    chosen = Manner(**{"max_new_tokens": 24, **manner})
    batches = answers(answerer, prompts(answerer), chosen, batch_size=batch_size, decoding=decoding)
    return {answer.record: answer for batch in batches for answer in batch}


def test_prompts_of_a_batch_end_together() -> None:
    batch = left_padded([[5, 6, 7], [8]], pad=3)

    assert batch["input_ids"].tolist() == [[5, 6, 7], [3, 3, 8]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [0, 0, 1]]


@pytest.mark.parametrize("batch_size", [2, 3, 8])
@pytest.mark.parametrize("num_beams", [1, 2])
def test_greedy_answers_are_the_same_alone_and_in_batches(answerer: Answerer, batch_size: int, num_beams: int) -> None:
    alone = answered(answerer, 1, num_beams=num_beams)

    together = answered(answerer, batch_size, num_beams=num_beams)

    assert together == alone
    assert num_beams > 1 or len({answer.text for answer in alone.values()}) > 1


def test_the_longest_prompts_come_first(answerer: Answerer) -> None:
    given = prompts(answerer)

    batches = list(answers(answerer, given, Manner(max_new_tokens=1), batch_size=2))

    lengths = [len(given[answer.record]) for batch in batches for answer in batch]
    assert lengths == sorted(lengths, reverse=True)
    assert [len(batch) for batch in batches] == [2, 2, 1]


def test_an_answer_that_ended_is_not_marked_as_cut(model: Path) -> None:
    answerer = base(str(model)).load()
    whole = answered(answerer, max_new_tokens=64)

    shorter = answered(answerer, max_new_tokens=min(answer.tokens for answer in whole.values()))

    assert all(answer.finished and answer.tokens < 64 for answer in whole.values())
    assert not any(answer.finished for answer in shorter.values())


def test_a_tidied_answer_is_what_the_model_s_own_chat_says(answerer: Answerer) -> None:
    [question, *_] = ASKED
    said, _ = answerer.model.chat(answerer.tokenizer, question, do_sample=False, max_new_tokens=24)

    assert answered(answerer)[0].text == said


def test_drawn_answers_come_back_with_their_seed_wherever_the_generation_begins(answerer: Answerer) -> None:
    drawn = answered(answerer, 2, sampling="official")
    manner = Manner(max_new_tokens=24, sampling="official")
    order = list(answers(answerer, prompts(answerer), manner, batch_size=2))
    rest = {
        number: ids for number, ids in prompts(answerer).items() if number not in {each.record for each in order[0]}
    }

    torch.manual_seed(99)
    again = [answer for batch in answers(answerer, rest, manner, batch_size=2) for answer in batch]

    assert {answer.record: answer for answer in again} == {number: drawn[number] for number in rest}
    assert answered(answerer, 2, sampling="official", seed=1) != drawn
    assert answered(answerer) != drawn


def test_drawing_leaves_the_caller_s_random_numbers_alone(answerer: Answerer) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)

    answered(answerer, sampling="official")

    assert torch.equal(torch.rand(3), expected)


def out_of_memory_above(rows: int, answerer: Answerer, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let ``generate`` fail for larger batches; the sizes that it was asked for."""
    generate, asked = answerer.model.generate, []

    def short_of_memory(input_ids: torch.Tensor, **options: Any) -> Any:
        asked.append(len(input_ids))
        if len(input_ids) > rows:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return generate(input_ids=input_ids, **options)

    monkeypatch.setattr(answerer.model, "generate", short_of_memory)
    return asked


def test_a_batch_too_large_for_the_memory_is_halved_for_good(
    answerer: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = answered(answerer)
    asked = out_of_memory_above(2, answerer, monkeypatch)

    found = answered(answerer, 5, "plain")

    assert found == expected
    assert asked == [5, 2, 2, 1]


def test_slots_too_many_for_the_memory_are_halved_and_nothing_is_lost(
    answerer: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, step, asked = answered(answerer), Decoder.step, []

    def short_of_memory(decoder: Decoder, width: int) -> None:
        asked.append(decoder.count)
        if decoder.count > 2 and len(asked) > 5:
            raise torch.OutOfMemoryError("CUDA out of memory")
        step(decoder, width)

    monkeypatch.setattr(Decoder, "step", short_of_memory)
    found = answered(answerer, 5)

    assert found == expected
    assert set(asked) == {5, 2}


def test_a_prompt_that_is_too_large_alone_is_told(answerer: Answerer, monkeypatch: pytest.MonkeyPatch) -> None:
    out_of_memory_above(0, answerer, monkeypatch)

    with pytest.raises(
        ModelError, match=r"a single prompt of \d+ tokens and 24 for the answer; lower --max-new-tokens"
    ):
        answered(answerer, decoding="plain")


def test_other_errors_of_torch_are_not_taken_for_want_of_memory(
    answerer: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(answerer.model, "generate", fail)

    with pytest.raises(RuntimeError, match="mat1"):
        answered(answerer, decoding="plain")


def test_scores_that_overflowed_say_a_blank(model: Path) -> None:
    answerer = base(str(model)).load()
    answerer.model.lm_head.weight.data[7] = float("inf")

    said = answered(answerer, max_new_tokens=3)

    assert {answer.tokens for answer in said.values()} == {3}
