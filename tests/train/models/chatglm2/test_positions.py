"""Who sees whom, and which number a token has."""

import pytest
import torch

from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.chatglm2.positions import layout, visible_keys, with_embeddings_before


def picture(visible: torch.Tensor | None) -> list[list[str]]:
    assert visible is not None
    return [["".join(".x"[int(seen)] for seen in query) for query in row[0]] for row in visible]


def hidden(queries: int) -> torch.Tensor:
    return torch.zeros(2, queries, 8)


@pytest.mark.parametrize(("queries", "in_front"), [(4, 0), (1, 0), (1, 9)])
def test_nothing_is_masked_where_torch_s_causal_kernels_do(queries: int, in_front: int) -> None:
    assert visible_keys(hidden(queries), None, in_front) is None


def test_what_stands_in_front_is_seen_by_all() -> None:
    assert picture(visible_keys(hidden(3), None, 2)) == [["xxx..", "xxxx.", "xxxxx"]]


def test_padding_is_seen_by_padding_only() -> None:
    mask = torch.tensor([[0, 0, 1, 1], [1, 1, 1, 0]])

    left, right = picture(visible_keys(hidden(4), mask, 0))

    assert left == ["xxxx", "xxxx", "..x.", "..xx"]
    assert right == ["x...", "xx..", "xxx.", "xxxx"]


def test_padding_sees_the_prefix_where_there_is_one() -> None:
    mask = torch.tensor([[0, 1, 1], [1, 1, 1]])

    left, full = picture(visible_keys(hidden(3), mask, 2))

    assert left == ["xx...", "xx.x.", "xx.xx"]
    assert full == ["xxx..", "xxxx.", "xxxxx"]


def test_a_mask_of_other_numbers_and_of_the_prefix_too_is_understood() -> None:
    """So peft hands it over: with ones for the prefix in front, in float32."""
    mask = torch.tensor([[1.0, 1.0, 0.0, 1.0, 1.0]]).expand(2, -1)

    assert picture(visible_keys(hidden(3), mask, 2))[0] == ["xx...", "xx.x.", "xx.xx"]


def test_a_token_after_a_cache_sees_all_but_padding() -> None:
    mask = torch.tensor([[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]])

    assert picture(visible_keys(hidden(1), mask, 4)) == [["..xxx"], ["xxxxx"]]


def test_no_row_is_empty_even_where_the_cache_holds_padding_only() -> None:
    mask = torch.tensor([[0, 0, 0, 1], [0, 1, 1, 1]])

    assert picture(visible_keys(hidden(2), mask, 2)) == [["xxxx", "...x"], [".xx.", ".xxx"]]


def test_a_mask_of_four_dimensions_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(batch, tokens\); found \(1, 1, 3, 3\)"):
        visible_keys(hidden(3), torch.ones(1, 1, 3, 3), 0)


def test_tokens_are_counted_without_the_padding() -> None:
    ids = torch.tensor([[0, 0, 7, 8], [5, 6, 7, 8]])

    assert layout(ids, ChatGLM2Config(), ids.ne(0))["positions"].tolist() == [[0, 0, 0, 1], [0, 1, 2, 3]]
    assert layout(ids, ChatGLM2Config())["positions"].tolist() == [[0, 1, 2, 3]] * 2


def test_embeddings_in_front_leave_the_tokens_their_positions() -> None:
    positions = torch.tensor([[0, 0, 1], [0, 1, 2]])

    assert with_embeddings_before(positions, 2).tolist() == [[-2, -1, 0, 0, 1], [-2, -1, 0, 1, 2]]
    assert with_embeddings_before(positions, 0) is positions
