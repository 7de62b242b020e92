"""A quantised layer is the plain one over its dequantised weight, and keeps nothing of that."""

from typing import Any, Literal

import pytest
import torch
from torch import Tensor, nn

from train.models.quantised.linear import QuantisedLinear, packed_away

BITS = pytest.mark.parametrize("bits", [4, 8])
DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])


def both(bits: Literal[4, 8], dtype: torch.dtype = torch.float32) -> tuple[QuantisedLinear, nn.Linear]:
    torch.manual_seed(0)
    bias = nn.Parameter(torch.randn(24, dtype=dtype))
    layer = QuantisedLinear(48, 24, bits=bits, bias=bias)
    layer.fill(torch.randn(24, 48).half(), "cpu")
    plain = nn.Linear(48, 24, dtype=dtype)
    plain.weight = nn.Parameter(layer.whole_weight(dtype), requires_grad=False)
    plain.bias = nn.Parameter(bias.detach().clone())
    return layer, plain


def ran(layer: nn.Module, hidden: Tensor) -> tuple[Tensor, Any, Any]:
    given = hidden.clone().requires_grad_(True)
    output: Tensor = layer(given)
    (output * torch.linspace(-1, 1, output.shape[-1], dtype=output.dtype)).sum().backward()
    return output.detach(), given.grad, layer.bias.grad


@BITS
@DTYPES
@pytest.mark.parametrize("shape", [(5, 48), (2, 3, 48), (48,), (0, 48)])
def test_output_and_gradients_are_those_of_the_plain_layer(
    bits: Literal[4, 8], dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    layer, plain = both(bits, dtype)
    hidden = torch.randn(shape, dtype=dtype)

    found, expected = ran(layer, hidden), ran(plain, hidden)

    exact = {"rtol": 0.0, "atol": 2e-6 if dtype == torch.float32 else 2e-2}
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs, **exact)


@BITS
@pytest.mark.parametrize("columns", [48, 64])
@pytest.mark.parametrize("tokens", [1, 4, 9])
def test_without_gradients_it_answers_the_same(bits: Literal[4, 8], columns: int, tokens: int) -> None:
    """Few tokens go another way, where the columns allow it."""
    torch.manual_seed(0)
    layer = QuantisedLinear(columns, 24, bits=bits, bias=nn.Parameter(torch.randn(24)))
    layer.fill(torch.randn(24, columns).half(), "cpu")
    hidden = torch.randn(tokens, columns)

    with torch.no_grad():
        output = layer(hidden)

    expected = nn.functional.linear(hidden, layer.whole_weight(torch.float32), layer.bias)
    torch.testing.assert_close(output, expected, rtol=0, atol=1e-5)


@BITS
def test_the_whole_weight_is_not_kept_for_the_backward_pass(bits: Literal[4, 8]) -> None:
    layer, _ = both(bits)
    kept: list[int] = []

    def pack(tensor: Tensor) -> Tensor:
        kept.append(tensor.numel() * tensor.element_size())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        layer(torch.randn(1, 48, requires_grad=True))

    assert sum(kept) <= 24 * 48 * bits // 8 + 24 * 2


@BITS
def test_autocast_decides_the_precision(bits: Literal[4, 8]) -> None:
    layer, plain = both(bits)
    hidden = torch.randn(3, 48, requires_grad=True)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = layer(hidden)
        expected = plain(hidden)
    output.sum().backward()

    assert output.dtype == torch.bfloat16
    assert getattr(hidden.grad, "dtype", None) == torch.float32
    torch.testing.assert_close(output, expected, rtol=0.02, atol=0.02)


def test_its_state_has_the_official_names_and_sizes() -> None:
    layer, _ = both(4)

    state = {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in layer.state_dict().items()}

    assert state == {
        "weight": ((24, 24), torch.int8),
        "weight_scale": ((24,), torch.float16),
        "bias": ((24,), torch.float32),
    }


@BITS
def test_it_counts_as_the_weights_that_it_stands_for(bits: Literal[4, 8]) -> None:
    layer, plain = both(bits)

    counted = sum(parameter.numel() for parameter in layer.parameters()) + packed_away(layer)

    assert counted == sum(parameter.numel() for parameter in plain.parameters())
