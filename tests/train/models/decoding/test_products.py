"""Products of few rows, against the exact ones."""

import pytest
import torch

from tests.train.models.interpreted import DEVICE, DTYPES, MARKS

pytestmark = MARKS


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("is_biased", [True, False])
@pytest.mark.parametrize("count", [1, 2, 16])
@pytest.mark.parametrize(("rows", "columns"), [(64, 128), (33, 48), (4100, 2048)])
def test_few_rows_are_multiplied_as_torch_does(
    rows: int, columns: int, count: int, is_biased: bool, dtype: torch.dtype
) -> None:
    from train.models.decoding.products import multiply

    torch.manual_seed(0)
    hidden = torch.randn(count, 1, columns, device=DEVICE).to(dtype)
    weight = (torch.randn(rows, columns, device=DEVICE) / columns**0.5).to(dtype)
    bias = torch.randn(rows, device=DEVICE).to(dtype) if is_biased else None

    found = multiply(hidden, weight, bias)

    exact = torch.nn.functional.linear(hidden.double(), weight.double(), None if bias is None else bias.double())
    near = {torch.float32: 1e-5, torch.float16: 2e-3, torch.bfloat16: 2e-2}[dtype]
    assert found.shape == (count, 1, rows)
    assert found.dtype == dtype
    assert (found.double() - exact).abs().max() < near * exact.abs().max()
