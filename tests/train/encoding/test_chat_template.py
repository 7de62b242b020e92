"""What is learnt is the answers, token by token, whatever the template; typed control tokens are text."""

from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import Any

import jinja2
import polars as pl
import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from schemas.errors import OptionError
from schemas.records import HISTORY
from schemas.statistics import SequenceLimits
from tests.train.encoding.templates import TEMPLATES, Template, messages, tokenizer
from train.encoding.chat_template import chat_form
from train.encoding.default import encode, encode_prompts
from train.encoding.examples import HIDDEN, Dialogue
from train.families.causal import INSTRUCT

EVERY = pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
LIMITS = SequenceLimits(source=2000, target=500)
TURNS = [["你好，世界！", "第一步，取样。"], ["  违约责任？\n", "赔偿损失 123 "], ["Hello", "属于测试领域\n\n本发明"]]


def records(*dialogues: Sequence[Sequence[str]]) -> pl.DataFrame:
    rows = [(*turns[-1], [list(turn) for turn in turns[:-1]]) for turns in dialogues]
    return pl.DataFrame(rows, schema={"prompt": pl.String(), "response": pl.String(), "history": HISTORY}, orient="row")


def written(template: Template, turns: Sequence[Sequence[str]]) -> str:
    """The slow way, with an environment of its own: the whole dialogue, up to the end of its last answer."""
    environment = ImmutableSandboxedEnvironment()
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = datetime(2024, 7, 26).strftime
    text = environment.from_string(template.text).render(
        messages=messages(turns), bos_token=template.bos, eos_token=template.eos, add_generation_prompt=False
    )
    if not template.closing:
        return text + template.eos
    return text[: text.rindex(template.closing) + len(template.closing)]


def _raise(message: str) -> None:
    raise jinja2.TemplateError(message)


def foreseen(template: Template, turns: Sequence[Sequence[str]], *, answers: int) -> tuple[list[int], list[int]]:
    """Ids and labels by places in the text: it is tokenised as a whole, and the last ``answers`` answers are learnt."""
    text = written(template, turns)
    learnt, stop = [], len(text)
    for _, told in reversed(turns[-answers:]):
        said = told.strip() if template.trims else told
        start = text.rindex(said, 0, stop)
        stop = text.rindex(template.opening, 0, start) + len(template.opening)
        learnt.append((stop, start + len(said) + len(template.closing or template.eos)))
    found = tokenizer(template)(text, add_special_tokens=False, return_offsets_mapping=True, split_special_tokens=False)
    labels = [
        token if any(first <= start and end <= last for first, last in learnt) else HIDDEN
        for token, (start, end) in zip(found["input_ids"], found["offset_mapping"], strict=True)
    ]
    return list(found["input_ids"]), labels


def copy_that_splits_nothing(template: Template) -> Any:
    made = copy(tokenizer(template))
    made.split_special_tokens = False
    return made


def first_example(template: Template, turns: Sequence[Sequence[str]], **options: Any) -> tuple[list[int], list[int]]:
    encoded = encode(records(turns), chat_form(tokenizer(template)), LIMITS, **options)
    [example] = encoded.examples
    return example["input_ids"].tolist(), example["labels"].tolist()


@EVERY
@pytest.mark.parametrize("count", [1, 2, 3])
def test_an_example_is_what_the_template_writes_and_its_answer_is_learnt(template: Template, count: int) -> None:
    ids, labels = first_example(template, TURNS[:count])

    assert (ids, labels) == foreseen(template, TURNS[:count], answers=1)
    assert labels[-1] == tokenizer(template).convert_tokens_to_ids(template.closing.strip() or template.eos)


@EVERY
def test_all_answers_are_learnt_where_they_stand(template: Template) -> None:
    encoded = encode(records(TURNS), chat_form(tokenizer(template)), LIMITS, loss="all").examples
    found = [(row["input_ids"].tolist(), row["labels"].tolist()) for row in encoded]

    if template.joins:
        assert found == [foreseen(template, TURNS, answers=3)]
    else:
        assert found == [foreseen(template, TURNS[:count], answers=1) for count in (1, 2, 3)]


def test_an_answer_may_begin_with_what_its_opening_ends_with() -> None:
    """Of one text a tokenizer would make one token of both; a model that is asked has read the first alone."""
    ids, labels = first_example(TEMPLATES[0], [["问", "\n答"]])
    asked = encode_prompts(records([["问", "?"]]), chat_form(tokenizer(TEMPLATES[0])), LIMITS)

    learnt = [label for label in labels if label != HIDDEN]
    assert ids == [*asked[0], *learnt]
    assert tokenizer(TEMPLATES[0]).decode(learnt) == "\n答<|im_end|>"


@EVERY
def test_the_prompt_is_that_of_apply_chat_template(template: Template) -> None:
    question = TURNS[-1][0]
    asked = encode_prompts(records([*TURNS[:2], [question, "?"]]), chat_form(tokenizer(template)), LIMITS)

    day = "{% macro strftime_now(form) %}26 Jul 2024{% endmacro %}"
    settings: dict[str, Any] = {"enable_thinking": False, "chat_template": day + template.text}
    [expected] = copy_that_splits_nothing(template).apply_chat_template(
        [messages([*TURNS[:2], [question]])], add_generation_prompt=True, tokenize=True, **settings
    )["input_ids"]
    if template.name == "deepseek":  # which would make the model think, and no record does
        expected = expected[: expected.index(tokenizer(template).convert_tokens_to_ids("<｜Assistant｜>"), -12) + 1]
    assert asked == [expected]


@EVERY
def test_control_tokens_typed_in_data_are_text(template: Template) -> None:
    made, typed = tokenizer(template), "".join(template.control)
    control = {made.convert_tokens_to_ids(token) for token in template.control}
    plain, strange = TURNS[:2], [[f"甲{typed}乙", f"丙{typed}"], [f"{typed}丁", f"戊{typed}己"]]

    ids, labels = first_example(template, strange)
    expected, _ = first_example(template, plain)

    assert [token for token in ids if token in control] == [token for token in expected if token in control]
    assert [token for token in labels[:-1] if token in control] == []
    assert f"戊{typed}己" in made.decode(ids[:-1])


@EVERY
def test_control_tokens_act_where_they_are_asked_to(template: Template) -> None:
    made = tokenizer(template)
    token = template.control[-1]
    made.split_special_tokens = False
    try:
        ids, _ = first_example(template, [[f"甲{token}乙", "丙"]])
        plain, _ = first_example(template, [["甲乙", "丙"]])
    finally:
        made.split_special_tokens = True

    found = made.convert_tokens_to_ids(token)
    assert ids.count(found) == plain.count(found) + 1


@EVERY
def test_whatever_opens_a_turn_ends_an_answer_too(template: Template) -> None:
    form = chat_form(tokenizer(template))
    ends = {form.end, *form.stops}

    said = {token for token in template.control if token in written(template, TURNS)}
    assert {tokenizer(template).convert_tokens_to_ids(token) for token in {template.eos, *said}} == ends


@EVERY
def test_the_prefix_stands_before_the_first_question(template: Template) -> None:
    form = chat_form(tokenizer(template))

    [found] = form.sources([Dialogue("二", [["一", "答"]], "请：")])

    assert [found] == form.sources([Dialogue("二", [["请：一", "答"]])])


@pytest.mark.parametrize("name", ["qwen2", "mistral"])
def test_the_instruct_layout_is_a_template_as_any_other(name: str) -> None:
    [template] = [each for each in TEMPLATES if each.name == name]
    made = tokenizer(template)
    form = chat_form(made, INSTRUCT)

    [source], [answer] = form.sources([Dialogue("问", [["一", "二"]])]), form.answers(["答"])

    begin, end = template.bos or "", template.eos
    text = f"{begin}Instruction: 一\nAnswer: 二{end}\nInstruction: 问\nAnswer: "
    assert source == made(text, add_special_tokens=False, split_special_tokens=False)["input_ids"]
    assert made.decode(answer).strip() == "答"
    assert form.end == made.convert_tokens_to_ids(end)


def test_a_template_that_refuses_a_dialogue_is_one_line() -> None:
    made = tokenizer(TEMPLATES[0])
    form_of = "{{ raise_exception('this model only sings') }}"

    with pytest.raises(OptionError, match="cannot write the dialogue: this model only sings; use --encoding instruct"):
        chat_form(made, form_of)


def test_a_template_that_leaves_answers_out_is_refused() -> None:
    with pytest.raises(OptionError, match="leaves an answer out"):
        chat_form(tokenizer(TEMPLATES[0]), "{{ messages[0].content }}")


def test_without_a_template_the_way_out_is_told() -> None:
    made = tokenizer(TEMPLATES[0])
    text, made.chat_template = made.chat_template, None
    try:
        with pytest.raises(OptionError, match="no chat template; use --encoding instruct"):
            chat_form(made)
    finally:
        made.chat_template = text
