"""The benchmark of answers, as far as it goes without a graphics card."""

import statistics

from benchmarks.generate import KINDS, MIXED, NEW, PROMPT, alike, differences, mixed, plain, through_slots
from tests.train.methods.tiny import base
from train.answer.engine import Question


def test_mixed_prompts_have_the_lengths_that_are_claimed() -> None:
    asked = mixed(base("chatglm").config)

    assert len(asked) == MIXED
    assert 100 <= statistics.median(each.limit for each in asked) <= 140
    assert max(each.limit for each in asked) == NEW
    lengths = [len(each.prompt) for each in asked]
    assert lengths == sorted(lengths, reverse=True)
    assert max(lengths) <= PROMPT
    assert all(each.prompt[-1] == 190 for each in asked)


def test_slots_and_the_plain_path_are_measured_on_the_same_answers() -> None:
    model = base("chatglm2")
    asked = [Question(each.record, each.prompt[:6], 5) for each in alike(model.config, 4)]
    assert len({tuple(each.prompt) for each in asked}) == 4

    rate = through_slots(model, asked, 2, KINDS["eager"])
    seconds, theirs = plain(model, asked[:2], 5)

    assert rate.tokens_per_second > 0 < seconds
    assert {len(ids) for ids in rate.said.values()} == {5}
    assert differences(model, asked[:2], rate.said, theirs) == "2 of 2 answers as plain"
    parted = {number: [0, *ids[1:]] for number, ids in rate.said.items()}
    assert differences(model, asked[:2], parted, theirs).startswith("0 of 2 answers as plain; the others part at")
