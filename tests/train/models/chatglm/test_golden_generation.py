"""Generation against the reference code, token by token."""

import pytest
import torch

from tests.train.models.chatglm.tiny import cases, model
from train.models.streaming import stream_ids

every_model = pytest.mark.parametrize("name", ["v1_base", "v1_prefix", "v1_prefix_proj"])


@every_model
def test_greedy_generation_gives_the_tokens_of_the_reference(name: str) -> None:
    expected = cases(name)

    output = model(name).generate(expected["gen_single/input_ids"], max_new_tokens=20, do_sample=False)

    assert torch.equal(output, expected["gen_single/output"])


@every_model
@pytest.mark.parametrize("padding", ["official", "usual", "none given"])
def test_a_padded_batch_generates_the_tokens_of_the_reference(name: str, padding: str) -> None:
    expected = cases(name)
    ids = expected["gen_batch/input_ids"]
    inputs = {
        "official": {key: expected[f"leftpad/{key}"] for key in ("attention_mask", "position_ids")},
        "usual": {"attention_mask": ids.ne(3).long()},
        "none given": {},
    }[padding]

    output = model(name).generate(input_ids=ids, **inputs, max_new_tokens=16, do_sample=False)

    assert torch.equal(output, expected["gen_batch/output"])


@every_model
def test_a_row_that_ends_early_is_padded(name: str) -> None:
    expected = cases(name)
    ids = expected["gen_batch/input_ids"]

    output = model(name).generate(
        ids,
        attention_mask=ids.ne(3).long(),
        max_new_tokens=16,
        do_sample=False,
        eos_token_id=int(expected["gen_batch_eos/eos"]),
    )

    assert torch.equal(output, expected["gen_batch_eos/output"])


@every_model
def test_beam_search_gives_the_tokens_of_the_reference(name: str) -> None:
    expected = cases(name)
    ids = expected["gen_single/input_ids"]

    output = model(name).generate(ids, max_new_tokens=8, do_sample=False, num_beams=3)

    assert torch.equal(output, expected["gen_beam3/output"])


@every_model
def test_beams_of_a_padded_batch_are_those_of_its_rows(name: str) -> None:
    expected, tiny = cases(name), model(name)
    options = {"max_new_tokens": 6, "do_sample": False, "num_beams": 3}
    ids = expected["gen_batch/input_ids"]

    together = tiny.generate(ids, attention_mask=ids.ne(3).long(), **options)

    for row in range(3):
        alone = tiny.generate(expected[f"leftpad_row{row}/input_ids"], **options)
        assert together[row, -6:].tolist() == alone[0, -6:].tolist()


@every_model
def test_streaming_gives_the_tokens_of_the_reference(name: str) -> None:
    """The reference keeps the last step before the limit to itself; we give it too."""
    expected = cases(name)
    last = expected["stream_generate_greedy/last_yield"]
    limit = last.shape[1] + 1

    parts = list(stream_ids(model(name), expected["gen_single/input_ids"], max_length=limit, do_sample=False))

    assert [part.shape[1] for part in parts] == list(range(42, limit + 1))
    assert torch.equal(parts[-2], last)


def test_generating_without_a_cache_gives_the_same_tokens() -> None:
    expected = cases("v1_base")

    output = model("v1_base").generate(
        expected["gen_batch/input_ids"], max_new_tokens=16, do_sample=False, use_cache=False
    )

    assert torch.equal(output, expected["gen_batch/output"])


def test_a_prompt_without_sop_is_refused_by_its_row() -> None:
    ids = torch.tensor([[5, 36, 1001, 1004], [5, 36, 83, 1001]])

    with pytest.raises(ValueError, match=r"prompt 1 has no <sop> \(1004\)"):
        model("v1_base").generate(ids)
