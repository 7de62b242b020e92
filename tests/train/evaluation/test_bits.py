"""Bits of given answers: what a loop over tokens finds, whatever is beside them in the batch."""

from collections.abc import Mapping
from math import log
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from schemas.errors import ModelError
from schemas.statistics import SequenceLimits
from tests.train.answer.speaking import run_on
from tests.train.families.folders import model_folder
from train.answer.answerer import Answerer
from train.answer.load import base, tuned
from train.encoding.examples import Ids
from train.evaluation.bits import Bits, Share, reference_bits

QUESTIONS = ("一种装置", "法律", "什么是合同法？请详细说明，谢谢。" * 3, "传感器\n和壳体", "一种第7号检测装置")
REFERENCES = ("一种检测装置。", "法", "合同法是法律，规定合同的订立、效力和履行。", "装置和方法", "本发明公开了装置。")


@pytest.fixture(scope="module", params=["chatglm", "chatglm2"])
def answerer(request: pytest.FixtureRequest, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    if request.param == "chatglm":
        return base(str(model)).load()
    return base(str(model_folder("chatglm2", tmp_path_factory.mktemp("chatglm2")))).load()


def prompts(answerer: Answerer) -> dict[int, Ids]:
    return dict(enumerate(answerer.prompts(pl.DataFrame({"prompt": QUESTIONS}))))


def measured(answerer: Answerer, batch_size: int = 8) -> dict[int, Bits]:
    batches = reference_bits(answerer, prompts(answerer), dict(enumerate(REFERENCES)), batch_size=batch_size)
    return {bits.record: bits for batch in batches for bits in batch}


def token_by_token(answerer: Answerer, prompt: Ids, answer: Ids) -> float:
    """Each token from a pass of its own over all before it."""
    lacking, so_far = 0.0, list(prompt)
    for token in answer:
        with torch.inference_mode():
            scores = answerer.model(torch.tensor([so_far]), use_cache=False).logits[0, -1].double()
        lacking -= scores.log_softmax(-1)[token].item() / log(2)
        so_far.append(token)
    return lacking


def test_bits_are_what_a_loop_over_tokens_finds(answerer: Answerer) -> None:
    form = answerer.family.form(answerer.tokenizer)
    answers = [[*ids, form.end] for ids in form.answers(list(REFERENCES))]

    found = measured(answerer)

    for record, answer in enumerate(answers):
        expected = token_by_token(answerer, prompts(answerer)[record], answer)
        assert found[record].bits == pytest.approx(expected, rel=1e-5)
        assert found[record].characters == len(REFERENCES[record])
        assert not found[record].cut


@pytest.mark.parametrize("batch_size", [2, 3, 8])
def test_bits_are_the_same_alone_and_in_batches(answerer: Answerer, batch_size: int) -> None:
    alone = measured(answerer, 1)

    together = measured(answerer, batch_size)

    assert {record: bits.bits for record, bits in together.items()} == pytest.approx(
        {record: bits.bits for record, bits in alone.items()}, rel=1e-5
    )


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("p_tuning_v2", {"pre_seq_len": 3}),
        ("prefix_tuning", {"pre_seq_len": 3}),
        ("p_tuning", {"num_virtual_tokens": 3}),
        ("prompt_tuning", {"num_virtual_tokens": 3}),
        ("lora", {"lora_rank": 2}),
        ("lst", {"lst_reduction": 4}),
        ("full", {}),
    ],
)
def test_tokens_that_a_method_puts_in_front_move_nothing(
    model: Path, tmp_path: Path, method: str, settings: Mapping[str, Any]
) -> None:
    run = run_on(model, tmp_path / "run", method, settings, noise=0.1, max_target_length=64)
    answerer = tuned(run.path).load()
    form = answerer.family.form(answerer.tokenizer)
    answer = [*form.answers([REFERENCES[0]])[0], form.end]

    found = measured(answerer)

    ids = torch.tensor([prompts(answerer)[0] + answer])
    with torch.inference_mode():
        layout = answerer.family.layout(ids, answerer.model.config)
        scores = answerer.model(input_ids=ids, **layout, use_cache=False).logits[0].log_softmax(-1)
    expected = -sum(scores[place - len(answer) - 1, token].item() for place, token in enumerate(answer))
    assert found[0].bits == pytest.approx(expected / log(2), rel=1e-4)
    assert found[0].bits != pytest.approx(measured(base(str(model)).load())[0].bits, rel=1e-4)


def test_of_a_reference_that_is_cut_what_fits_counts(model: Path) -> None:
    found = base(str(model)).with_limits(target=4)
    answerer = found.load()
    form = answerer.family.form(answerer.tokenizer)
    answer = form.answers([REFERENCES[2]])[0][:4]

    bits = measured(answerer)

    assert bits[2].cut
    assert bits[2].bits == pytest.approx(token_by_token(answerer, prompts(answerer)[2], answer), rel=1e-5)
    assert bits[2].characters == len(answerer.text(answer)) < len(REFERENCES[2])
    assert found.asking.limits == SequenceLimits(source=2048, target=4)


@pytest.mark.parametrize("processes", [2, 3, 7])
def test_the_shares_of_several_processes_are_the_whole_to_the_last_bit(model: Path, processes: int) -> None:
    answerer = base(str(model)).load()
    about = (answerer, prompts(answerer), dict(enumerate(REFERENCES)))

    shares = [
        [bits for batch in reference_bits(*about, batch_size=2, share=Share(place, processes)) for bits in batch]
        for place in range(processes)
    ]

    found = [bits for share in shares for bits in share]
    assert len(found) == len(REFERENCES)
    assert {bits.record: bits for bits in found} == measured(answerer, batch_size=2)


def test_a_batch_has_no_more_scores_than_there_is_room_for(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answerer = base(str(model)).load()
    monkeypatch.setattr("train.evaluation.bits._SCORES", 1)

    batches = [*reference_bits(answerer, prompts(answerer), dict(enumerate(REFERENCES)), batch_size=8)]

    assert [len(batch) for batch in batches] == [1] * len(REFERENCES)


def test_an_empty_reference_counts_for_one_character(model: Path) -> None:
    answerer = base(str(model)).load()

    [[found]] = reference_bits(answerer, {0: prompts(answerer)[0]}, {0: ""})

    assert found.characters == 1


def test_a_batch_too_large_for_the_memory_is_halved(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answerer = base(str(model)).load()
    whole, sizes = measured(answerer), []
    forward = answerer.model.forward

    def short_of_memory(input_ids: torch.Tensor, **options: Any) -> Any:
        sizes.append(len(input_ids))
        if len(input_ids) > 2:
            raise torch.OutOfMemoryError
        return forward(input_ids, **options)

    monkeypatch.setattr(answerer.model, "forward", short_of_memory)

    assert {record: bits.bits for record, bits in measured(answerer).items()} == pytest.approx(
        {record: bits.bits for record, bits in whole.items()}, rel=1e-5
    )
    assert sizes == [5, 2, 2, 1]


def test_one_item_too_large_for_the_memory_says_so(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answerer = base(str(model)).load()

    def out_of_memory(**options: Any) -> Any:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(answerer.model, "forward", out_of_memory)

    with pytest.raises(ModelError, match=r"out of memory with a single item of .* tokens; lower --max-source-length"):
        measured(answerer)
