"""Slots against ``generate``: the same tokens in float32, whatever the prompts, limits, endings and number of slots."""

import random
import warnings
from typing import Any

import pytest
import torch
from transformers import LogitsProcessorList

from tests.train.methods import tiny
from train.answer.engine import Engine, Question
from train.encoding.examples import Ids
from train.models.chat import InvalidScores
from train.models.decoding.covered import native_model
from train.models.decoding.decoder import Speed

TUNED = ("p_tuning_v2", "p_tuning_v2 projected", "prefix_tuning", "lora", "DoRA", "IA3", "adapter", "freeze", "full")
COUNT = 12
OF_THE_BASE = (
    "query_key_value.weight",
    "dense.weight",
    "dense_h_to_4h.weight",
    "dense_4h_to_h.weight",
    "base_layer.weight",
)
every_family = pytest.mark.parametrize("family", ["chatglm", "chatglm2"])


def base(family: str) -> Any:
    return lively(tiny.base(family))


def lively(model: Any) -> Any:
    """Layers with larger weights heed the prompt; an output apart from the embeddings does not repeat it."""
    drawn = torch.Generator().manual_seed(3)
    for name, weight in model.named_parameters():
        if name.endswith(OF_THE_BASE):
            weight.data *= 2
    head = (model.get_base_model() if hasattr(model, "peft_config") else model).get_output_embeddings()
    head.weight = torch.nn.Parameter(torch.randn(head.weight.shape, generator=drawn), requires_grad=False)
    return model


def prompt(family: str, words: list[int]) -> Ids:
    return [*words, 193, 190] if family == "chatglm" else [5, 6, *words]


def questions(family: str, seed: int, count: int = COUNT) -> list[Question]:
    """Prompts of one to forty tokens, and limits of one to twenty."""
    drawn = random.Random(seed)
    lengths = [drawn.choice((1, 2, drawn.randint(3, 40))) for _ in range(count)]
    texts = [[drawn.randint(20, 180) for _ in range(length)] for length in lengths]
    return [Question(number, prompt(family, text), drawn.randint(1, 20)) for number, text in enumerate(texts)]


def generated(model: Any, asked: Question, end: int) -> Ids:
    ids = torch.tensor([asked.prompt])
    blanks = LogitsProcessorList([InvalidScores()])
    options = {"do_sample": False, "eos_token_id": end, "pad_token_id": 3, "logits_processor": blanks}
    output = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=asked.limit, **options)
    found: Ids = output[0, len(asked.prompt) :].tolist()
    return found


def told(
    model: Any, asked: list[Question], *, end: int = 0, slots: int = 4, speed: Speed | None = None
) -> dict[int, Ids]:
    engine = Engine(model, asked, ends={end}, slots=slots, speed=speed or Speed())
    return {said.record: said.ids for batch in engine.run() for said in batch}


def a_token_that_ends_some(said: dict[int, Ids]) -> int:
    """One that is said in the middle of answers, and not in all."""
    counts: dict[int, int] = {}
    for ids in said.values():
        for token in set(ids[1:-1]):
            counts[token] = counts.get(token, 0) + 1
    return min(counts, key=lambda token: abs(counts[token] - len(said) // 3))


@every_family
@pytest.mark.parametrize("slots", [1, 3, 64])
@pytest.mark.parametrize("seed", range(3))
def test_any_number_of_slots_says_what_generate_says(family: str, slots: int, seed: int) -> None:
    model, asked = base(family), questions(family, seed)
    end = a_token_that_ends_some(told(model, asked))

    found = told(model, asked, end=end, slots=slots)

    assert found == {each.record: generated(model, each, end) for each in asked}
    assert any(end in ids for ids in found.values())


@every_family
@pytest.mark.parametrize("name", TUNED)
def test_a_tuned_model_says_in_slots_what_generate_says(family: str, name: str) -> None:
    model = lively(tiny.adapted(name, family)).eval()
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data += 0.1 * torch.randn_like(parameter)
    asked = questions(family, seed=7, count=6)

    found = told(native_model(model), asked)

    assert found == {each.record: generated(model, each, 0) for each in asked}
    assert found != told(base(family), asked)


@every_family
def test_a_model_without_its_prefix_is_the_base(family: str) -> None:
    model, asked = lively(tiny.adapted("p_tuning_v2", family)).eval(), questions(family, seed=1, count=5)

    with model.without_prefix():
        found = told(model, asked)

    assert found == told(base(family), asked) != told(model, asked)


def test_positions_on_one_axis_are_counted_on() -> None:
    model = base("chatglm")
    model.config.position_encoding_2d = False
    for block in model.transformer.layers:
        block.attention.axes = 1
    asked = questions("chatglm", seed=2, count=5)

    found = told(model, asked)

    assert found == {each.record: generated(model, each, 0) for each in asked}


def test_a_prompt_takes_the_first_slot_that_is_free() -> None:
    asked = [Question(number, prompt("chatglm", [30 + number]), limit) for number, limit in enumerate((9, 2, 2, 2))]

    engine = Engine(base("chatglm"), asked, ends={0}, slots=2, speed=Speed())
    batches = [[said.record for said in batch] for batch in engine.run()]

    assert batches == [[1], [2], [3], [0]]


def test_what_is_not_answered_yet_can_be_asked_again() -> None:
    model, asked = base("chatglm"), questions("chatglm", seed=3)
    engine = Engine(model, asked, ends={0}, slots=3, speed=Speed())
    first = next(engine.run())

    rest = engine.unanswered()

    assert {said.record for said in first} | {each.record for each in rest} == set(range(COUNT))
    assert len(first) + len(rest) == COUNT
    assert told(model, rest) | {said.record: said.ids for said in first} == told(model, asked)


def test_an_answer_that_overflowed_says_blanks_and_leaves_its_slot_clean() -> None:
    model = base("chatglm")
    model.transformer.word_embeddings.weight.data[150] = float("nan")
    asked = [Question(0, prompt("chatglm", [150, 30]), 4), *questions("chatglm", seed=4, count=4)]
    clean = [each._replace(record=number) for number, each in enumerate(asked)]

    found = told(model, clean, slots=1)

    assert found[0] == [5, 5, 5, 5]
    assert [found[number] for number in range(1, 5)] == [generated(model, each, 0) for each in clean[1:]]


@every_family
def test_drawing_a_step_together_changes_no_token(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.models.decoding.blocks._BACKEND", "eager")
    model, asked = base(family), questions(family, seed=5)

    found = told(model, asked, speed=Speed(compiled=True))

    assert found == told(model, asked)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@every_family
def test_the_compiler_s_own_kernels_change_no_token(family: str) -> None:
    model, asked = base(family), questions(family, seed=6, count=4)

    found = told(model, asked, slots=1, speed=Speed(compiled=True))

    assert found == told(model, asked)


@pytest.mark.parametrize("name", ["p_tuning", "prompt_tuning", "lst"])
def test_what_the_slots_do_not_know_is_left_to_generate(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert native_model(tiny.adapted(name, "chatglm").eval()) is None


def test_models_that_train_and_penalties_are_left_to_generate() -> None:
    model: Any = base("chatglm")
    assert native_model(model) == model
    model.train()
    assert native_model(model) is None
    model.eval().generation_config.repetition_penalty = 1.2

    assert native_model(model) is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics card here")
@every_family
@pytest.mark.parametrize("speed", [Speed(), Speed(graphs=False), Speed(kernel=False)])
@pytest.mark.parametrize("slots", [1, 5])
def test_a_card_says_in_float32_what_the_processor_says(family: str, speed: Speed, slots: int) -> None:
    model, asked = base(family), questions(family, seed=8)
    expected = told(model, asked)

    assert told(model.cuda(), asked, slots=slots, speed=speed) == expected


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics card here")
@every_family
def test_neither_kernel_nor_graphs_change_a_token_in_float16_but_for_ties(family: str) -> None:
    """Heads of 64 numbers, which the kernel takes; rounding parts few answers, and those not at once."""
    sizes = {"hidden_size": 128, "num_attention_heads": 2} | ({"kv_channels": 64} if family == "chatglm2" else {})
    make, config = tiny.CONFIGS[family]
    fields = {**config.to_diff_dict(), **sizes} | ({"multi_query_group_num": 1} if family == "chatglm2" else {})
    torch.manual_seed(0)
    model = lively(make(type(config)(**fields))).half().cuda().eval()
    asked = questions(family, seed=9)

    plain = told(model, asked, speed=Speed(kernel=False, graphs=False))
    found = told(model, asked)

    same = sum(found[number] == ids for number, ids in plain.items())
    assert same >= len(asked) * 3 // 4
