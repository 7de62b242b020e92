"""Masks and positions of rows as the official tokenizer and model make them, and of others."""

from typing import Any

import pytest
import torch

from tests.train.models.chatglm.tiny import WITH_ALL_LOGITS, cases, config
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.positions import (
    continued,
    layout,
    visibility,
    visibility_of_official_mask,
    visible_keys,
    with_embeddings_before,
)

MASK, GMASK, SOP = 10, 11, 12


def small(**fields: Any) -> ChatGLM1Config:
    return ChatGLM1Config(
        vocab_size=20, bos_token_id=SOP, eos_token_id=13, mask_token_id=MASK, gmask_token_id=GMASK, **fields
    )


@pytest.mark.parametrize("name", WITH_ALL_LOGITS)
@pytest.mark.parametrize("case", ["single", "mask_token", "train"])
def test_who_sees_whom_is_as_in_the_reference(name: str, case: str) -> None:
    expected = cases(name)
    ids = expected[f"{case}/input_ids"]

    visible = visibility(layout(ids, config(name))["context_lengths"], None, queries=ids.shape[1], keys=ids.shape[1])

    assert torch.equal(visible, ~expected[f"{case}/attention_mask"])


@pytest.mark.parametrize("name", WITH_ALL_LOGITS)
def test_padding_is_hidden_as_in_the_reference_but_sees_itself(name: str) -> None:
    expected = cases(name)
    ids = expected["leftpad/input_ids"]
    tokens, length = ids.ne(3), ids.shape[1]

    visible = visibility(layout(ids, config(name), tokens)["context_lengths"], tokens, queries=length, keys=length)

    assert torch.equal(visible[:, 0][tokens], ~expected["leftpad/attention_mask"][:, 0][tokens])
    official = visibility_of_official_mask(expected["leftpad/attention_mask"], length)
    assert torch.equal(visible[:, 0][tokens], official[:, 0][tokens])
    assert visible.diagonal(dim1=2, dim2=3).all()
    assert official.diagonal(dim1=2, dim2=3).all()


def test_gmask_goes_before_mask_and_only_the_prompt_is_searched() -> None:
    ids = torch.tensor([[5, MASK, 5, GMASK, SOP, 5], [5, MASK, 5, 5, SOP, GMASK], [5, 5, 5, 5, SOP, GMASK]])

    places = layout(ids, small())

    assert places["context_lengths"].tolist() == [4, 4, 4]
    assert places["positions"][:, 0].tolist() == [[0, 1, 2, 3, 3, 3], [0, 1, 2, 3, 1, 1], [0, 1, 2, 3, 3, 3]]
    assert places["positions"][:, 1].tolist() == [[0, 0, 0, 0, 1, 2]] * 3


def test_a_row_without_sop_reads_from_left_to_right() -> None:
    ids = torch.tensor([[5, 5, 5], [0, 5, 5]])

    places = layout(ids, small(), torch.tensor([[1, 1, 1], [0, 1, 1]]))
    visible = visibility(places["context_lengths"], None, queries=3, keys=3)

    assert places["positions"].tolist() == [[[0, 0, 0], [1, 2, 3]], [[0, 0, 0], [0, 1, 2]]]
    assert torch.equal(visible[0, 0], torch.ones(3, 3).tril().bool())


@pytest.mark.parametrize("two_dimensional", [True, False])
@pytest.mark.parametrize("prompt", [[5, 5, GMASK, SOP], [5, MASK, 5, SOP], [GMASK, SOP], [MASK, 5, SOP]])
def test_positions_that_go_on_are_those_of_the_longer_row(two_dimensional: bool, prompt: list[int]) -> None:
    settings = small(position_encoding_2d=two_dimensional)
    prompts, rows = torch.tensor([prompt]), torch.tensor([[*prompt, 5, 6, 7]])

    longer = continued(layout(prompts, settings)["positions"], rows.shape[1])

    assert torch.equal(longer, layout(rows, settings)["positions"])


def test_embeddings_before_the_tokens_belong_to_the_context() -> None:
    places = with_embeddings_before(layout(torch.tensor([[5, GMASK, SOP, 6]]), small()), 2)

    visible = visibility(places["context_lengths"], None, queries=6, keys=6)

    assert places["positions"].tolist() == [[[-2, -1, 0, 1, 1, 1], [0, 0, 0, 0, 1, 2]]]
    assert visible[0, 0, :4].tolist() == [[True] * 4 + [False] * 2] * 4


def test_what_stands_before_the_queries_is_seen_by_all() -> None:
    ids = torch.tensor([[0, 5, GMASK, SOP]])
    padding = torch.tensor([[0, 1, 1, 1]])
    places = layout(ids, small(), padding)

    visible = visible_keys(places["context_lengths"], padding, queries=4, keys=6)

    assert visible is not None
    assert visible[0, 0].int().tolist() == [
        [1, 1, *row] for row in ([1, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 1])
    ]


def test_a_lone_query_needs_no_mask_unless_there_is_padding() -> None:
    nothing = torch.zeros(1, dtype=torch.long)

    assert visible_keys(nothing, None, queries=1, keys=4) is None
    padded = visible_keys(nothing, torch.tensor([[0, 1, 1]]), queries=1, keys=4)

    assert padded is not None
    assert padded.tolist() == [[[[True, False, True, True]]]]


def test_an_additive_mask_is_refused() -> None:
    with pytest.raises(TypeError, match=r"boolean, True where hidden; found torch\.float32"):
        visibility_of_official_mask(torch.zeros(1, 1, 2, 2), 2)
