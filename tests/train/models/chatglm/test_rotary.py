"""The rotary tables of the released weights, number by number."""

import numpy as np
import pytest
import torch

from tests.golden_data import golden
from train.models.chatglm.rotary import inverse_frequencies, rotary_tables


def tables() -> dict[str, torch.Tensor]:
    with np.load(golden("rotary_v1_full.npz")) as arrays:
        return {name: torch.from_numpy(array) for name, array in arrays.items()}


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_tables_are_those_of_the_reference(dtype: torch.dtype) -> None:
    expected = tables()
    positions = torch.stack((expected["pos"], expected["pos"].flip(0)))[None]
    suffix = "fp16" if dtype == torch.float16 else "fp32"

    cos, sin = (table[0, 0] for table in rotary_tables(positions, 128, dtype))

    for found, name in ((cos, f"cos_{suffix}"), (sin, f"sin_{suffix}")):
        both_axes = torch.cat((expected[name], expected[name].flip(0)), dim=-1)
        if dtype == torch.float16:
            assert torch.equal(found, both_axes)
        torch.testing.assert_close(found, both_axes, atol=1e-6, rtol=0)


def test_frequencies_carry_the_rounding_of_float16() -> None:
    expected = tables()

    assert torch.equal(inverse_frequencies(64), expected["inv_freq_fp16"])
    assert torch.equal(inverse_frequencies(64).float(), expected["inv_freq_fp32_from_half"])


def test_the_rounding_of_frequencies_does_not_hang_on_the_last_bit_of_a_device() -> None:
    exact = 10_000.0 ** (-torch.arange(0, 64, 2, dtype=torch.float64) / 64)

    for factor in (1 - 4e-7, 1 + 4e-7):  # several units in the last place of float32
        assert torch.equal((exact * factor).half(), inverse_frequencies(64))


def test_bfloat16_keeps_positions_above_256_apart() -> None:
    positions = torch.arange(2048).expand(1, 2, -1)

    cos, sin = rotary_tables(positions, 128, torch.bfloat16)
    exact, _ = rotary_tables(positions, 128, torch.float32)

    assert cos.dtype == sin.dtype == torch.bfloat16
    assert (cos.float() - exact).abs().max() <= 2**-8
    assert torch.cat((cos, sin), dim=-1)[0, 0].unique(dim=0).shape[0] > 1900
