"""Rotary tables in every number format."""

import pytest
import torch

from train.models.chatglm2.rotary import rotary_tables, rotate


def official_table(length: int, size: int, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """What the reference computes for ``size`` = half of a head, step by step in the model's own format."""
    theta = 1.0 / (10_000 ** (torch.arange(0, size, 2, dtype=dtype) / size))
    angles = torch.outer(torch.arange(length, dtype=dtype), theta).float()
    return angles.cos().to(dtype), angles.sin().to(dtype)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_released_rounding_is_kept(dtype: torch.dtype) -> None:
    cos, sin = rotary_tables(torch.arange(3000)[None], 128, dtype)

    expected_cos, expected_sin = official_table(3000, 64, dtype)
    assert cos.dtype == sin.dtype == dtype
    assert torch.equal(cos[0, 0], expected_cos)
    assert torch.equal(sin[0, 0], expected_sin)


def test_float16_differs_from_float32_where_the_weights_were_trained_so() -> None:
    half, full = (
        rotary_tables(torch.tensor([[2047]]), 128, dtype)[0].float() for dtype in (torch.float16, torch.float32)
    )

    assert (half - full).abs().max() > 0.1


def test_bfloat16_tells_positions_beyond_256_apart() -> None:
    positions = torch.arange(250, 8192)[None]

    found, exact = (rotary_tables(positions, 128, dtype)[0].float() for dtype in (torch.bfloat16, torch.float32))

    assert (found - exact).abs().max() < 2**-8
    assert not torch.equal(official_table(258, 64, torch.bfloat16)[0][256], exact[0, 0, 6].bfloat16())
    assert torch.equal(official_table(258, 64, torch.bfloat16)[0][256], official_table(258, 64, torch.bfloat16)[0][257])


def test_neighbours_turn_together_and_the_second_half_stands_still() -> None:
    states = torch.randn(1, 1, 1, 16, generator=torch.Generator().manual_seed(0))
    cos, sin = rotary_tables(torch.tensor([[3]]), 16, torch.float32)

    turned = rotate(states, cos, sin)

    pair = torch.view_as_complex(states[..., 2:4].contiguous()) * torch.polar(
        torch.tensor(1.0), 3 / 10_000 ** (2 / 8) * torch.tensor(1.0)
    )
    torch.testing.assert_close(turned[..., 2:4], torch.view_as_real(pair))
    assert torch.equal(turned[..., 8:], states[..., 8:])


def test_only_distances_count() -> None:
    queries, keys = torch.randn(2, 1, 1, 5, 16, generator=torch.Generator().manual_seed(0)).unbind()

    scores = []
    for start in (-7, 0, 400):
        cos, sin = rotary_tables(torch.arange(start, start + 5)[None], 16, torch.float32)
        scores.append(rotate(queries, cos, sin) @ rotate(keys, cos, sin).transpose(-1, -2))

    torch.testing.assert_close(scores[0], scores[1], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(scores[0], scores[2], atol=1e-4, rtol=1e-4)
