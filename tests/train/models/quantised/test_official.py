"""The arithmetic of the official INT4 and INT8, against what the reference code gave."""

from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from schemas.errors import ModelError
from tests.golden_data import golden
from train.models.quantised.linear import QuantisedLinear
from train.models.quantised.official import dequantised, official_bits, packed, quantised, unpacked

BITS = pytest.mark.parametrize("bits", [4, 8])
STATED_ERROR = 1e-6
"""Of outputs around 1, in float32: the order in which products are added up."""


def reference() -> dict[str, Tensor]:
    return {name: torch.from_numpy(array) for name, array in np.load(golden("quant.npz")).items()}


@BITS
def test_a_weight_is_quantised_as_the_reference_does_to_the_last_bit(bits: Literal[4, 8]) -> None:
    expected = reference()

    numbers, scale = quantised(expected["weight_fp16"], bits)

    assert torch.equal(numbers, expected["int4_packed" if bits == 4 else "int8_q"])
    assert torch.equal(scale, expected[f"int{bits}_scale_fp16"])
    assert torch.equal(numbers if bits == 8 else unpacked(numbers), expected[f"int{bits}_q"])


@BITS
@pytest.mark.parametrize("name", ["fp16", "fp32"])
def test_it_is_dequantised_to_the_last_bit(bits: Literal[4, 8], name: str) -> None:
    expected = reference()
    numbers = expected["int4_packed" if bits == 4 else "int8_q"]
    dtype = torch.float16 if name == "fp16" else torch.float32

    whole = dequantised(numbers, expected[f"int{bits}_scale_fp16"], 48, dtype)

    assert torch.equal(whole, expected[f"int{bits}_dequant_{name}"])


@BITS
def test_a_layer_answers_within_the_stated_error_of_the_golden_dequantisation(bits: Literal[4, 8]) -> None:
    expected = reference()
    layer = QuantisedLinear(48, 24, bits=bits, bias=nn.Parameter(expected["bias_fp16"].float()))
    layer.fill(expected["weight_fp16"], "cpu")

    output = layer(expected["x_fp16"].float())

    assert (output - expected[f"int{bits}_y_fp32"]).abs().max() <= STATED_ERROR


def test_every_number_of_four_bits_is_packed_and_comes_back() -> None:
    numbers = torch.arange(-8, 8, dtype=torch.int8).repeat(2, 1)

    assert torch.equal(unpacked(packed(numbers)), numbers)
    assert packed(torch.tensor([[-7, 3]], dtype=torch.int8)).item() == (-7 * 16) | 3


@BITS
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_rows_without_numbers_or_with_tiny_ones_stay_harmless(bits: Literal[4, 8], dtype: torch.dtype) -> None:
    """The reference divides zero by zero; the scale of a tiny row has few bits left in float16."""
    weight = torch.tensor([[0.0, 0.0], [1e-6, -1e-6], [3e-7, 1e-7], [1.0, -1.0]], dtype=dtype)

    whole = dequantised(*quantised(weight, bits), 2, torch.float32)

    assert torch.equal(whole[0], torch.zeros(2))
    assert (whole - weight.float()).abs().max() < 2e-3


@BITS
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_half_weight_is_the_exact_product_rounded_once(bits: Literal[4, 8], dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    numbers, scale = quantised(torch.randn(64, 32).half(), bits)

    whole = dequantised(numbers, scale, 32, dtype)

    assert torch.equal(whole, dequantised(numbers, scale, 32, torch.float64).to(dtype))


@pytest.mark.parametrize("found", [3, 16, "four", 2.5])
def test_other_numbers_of_bits_are_refused(found: object) -> None:
    with pytest.raises(ModelError, match=f"quantization_bit {found} in config.json; expected 4 or 8"):
        official_bits(found)
