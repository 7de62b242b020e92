"""The Triton kernels against the plain arithmetic: on a graphics card, else in Triton's interpreter."""

from typing import Any, Literal

import pytest
import torch
from torch import Tensor

from tests.train.models.interpreted import DEVICE, HAS_CARD, MARKS
from train.models.fused import TRITON
from train.models.quantised.linear import kernels
from train.models.quantised.official import dequantised, quantised

pytestmark = MARKS

BITS = pytest.mark.parametrize("bits", [4, 8])
SHAPES = pytest.mark.parametrize(("rows", "columns"), [(40, 64), (33, 136), (70, 2056)])
HALVES = [torch.float16, *([torch.bfloat16] if HAS_CARD else [])]
"""The interpreter cuts bfloat16 instead of rounding it."""


def quick() -> Any:
    from train.models.quantised import kernels

    return kernels


def stored(rows: int, columns: int, bits: Literal[4, 8]) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    numbers, scale = quantised((0.05 * torch.randn(rows, columns)).half(), bits)
    return numbers.to(DEVICE), scale.to(DEVICE)


@BITS
@SHAPES
@pytest.mark.parametrize("dtype", [*HALVES, torch.float32])
def test_a_weight_is_dequantised_to_the_last_bit(
    bits: Literal[4, 8], rows: int, columns: int, dtype: torch.dtype
) -> None:
    numbers, scale = stored(rows, columns, bits)

    whole = quick().dequantise(numbers, scale, columns, dtype)

    assert torch.equal(whole, dequantised(numbers, scale, columns, dtype))


@BITS
@SHAPES
@pytest.mark.parametrize("tokens", [1, 2, 16])
@pytest.mark.parametrize("is_biased", [True, False])
@pytest.mark.parametrize("dtype", HALVES)
def test_few_tokens_are_multiplied_without_the_whole_weight(  # noqa: PLR0917 (parameters by name)
    bits: Literal[4, 8], rows: int, columns: int, tokens: int, is_biased: bool, dtype: torch.dtype
) -> None:
    numbers, scale = stored(rows, columns, bits)
    hidden = torch.randn(tokens, columns, dtype=dtype, device=DEVICE)
    bias = torch.randn(rows, dtype=dtype, device=DEVICE) if is_biased else None

    output = quick().multiply_few(hidden, numbers, scale, bias)

    exact = hidden.double() @ dequantised(numbers, scale, columns, torch.float64).T
    exact = exact if bias is None else exact + bias.double()
    error = ((output.double() - exact).abs() / (exact.abs() + 1)).max().item()
    assert error <= (1e-3 if dtype == torch.float16 else 8e-3)


def test_the_plain_arithmetic_is_taken_where_there_is_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kernels(torch.zeros(1)) is None

    if HAS_CARD:
        monkeypatch.setenv(TRITON, "0")
        assert kernels(torch.zeros(1, device="cuda")) is None
        monkeypatch.delenv(TRITON)
        assert kernels(torch.zeros(1, device="cuda")) is quick()
