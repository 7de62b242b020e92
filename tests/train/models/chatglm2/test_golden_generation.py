"""Generation against the reference code, token by token."""

import pytest
import torch

from tests.train.models.chatglm2.tiny import NAMES, cases, model
from train.models.streaming import stream_ids

every_model = pytest.mark.parametrize("name", NAMES)


@every_model
@pytest.mark.parametrize("use_cache", [True, False])
def test_greedy_generation_gives_the_tokens_of_the_reference(name: str, use_cache: bool) -> None:
    expected = cases(name)

    output = model(name).generate(
        expected["gen_single/input_ids"], max_new_tokens=20, do_sample=False, use_cache=use_cache
    )

    assert torch.equal(output, expected["gen_single/output"])


@every_model
@pytest.mark.parametrize("names", [(), ("attention_mask",), ("attention_mask", "position_ids")])
def test_a_padded_batch_generates_the_tokens_of_the_reference(name: str, names: tuple[str, ...]) -> None:
    expected = cases(name)
    given = {key: expected[f"leftpad/{key}"] for key in names}

    output = model(name).generate(expected["gen_batch/input_ids"], **given, max_new_tokens=16, do_sample=False)

    assert torch.equal(output, expected["gen_batch/output"])


@every_model
def test_a_row_that_ends_early_is_padded(name: str) -> None:
    expected = cases(name)

    output = model(name).generate(
        expected["gen_batch/input_ids"],
        attention_mask=expected["leftpad/attention_mask"],
        max_new_tokens=16,
        do_sample=False,
        eos_token_id=int(expected["gen_batch_eos/eos"]),
    )

    assert torch.equal(output, expected["gen_batch_eos/output"])


@every_model
def test_beam_search_gives_the_tokens_of_the_reference(name: str) -> None:
    expected = cases(name)

    output = model(name).generate(expected["gen_single/input_ids"], max_new_tokens=8, do_sample=False, num_beams=3)

    assert torch.equal(output, expected["gen_beam3/output"])


@every_model
def test_streaming_gives_the_tokens_of_the_reference_one_by_one(name: str) -> None:
    expected = cases(name)
    ids, output = expected["gen_single/input_ids"], expected["gen_single/output"]

    parts = list(stream_ids(model(name), ids, max_new_tokens=20, do_sample=False))

    assert [part.shape[1] for part in parts] == list(range(ids.shape[1] + 1, output.shape[1] + 1))
    assert torch.equal(parts[-1], output)
