"""Our attention against torch's, keys that nobody may see being no numbers at all.

Runs where there is a card, or on a processor with TRITON_INTERPRET=1.
"""

import pytest
import torch

from tests.train.models.interpreted import DEVICE, MARKS

pytestmark = MARKS


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("sizes", [(1, 2, 1, 512, 64), (3, 2, 16, 320, 128), (2, 1, 2, 64, 64), (40, 16, 1, 128, 64)])
def test_each_query_sees_the_keys_of_its_slot(sizes: tuple[int, ...], dtype: torch.dtype) -> None:
    from train.models.decoding.kernel import attend_slots

    slots, heads, shared, capacity, size = sizes
    torch.manual_seed(0)
    queries = torch.randn(slots, heads * shared, 1, size, dtype=dtype, device=DEVICE)
    keys, values = torch.randn(2, slots, heads, capacity, size, dtype=dtype, device=DEVICE)
    lengths = torch.randint(0, capacity, (slots,), device=DEVICE)
    lengths[0] = capacity - 1
    seen = (torch.arange(capacity, device=DEVICE) <= lengths[:, None])[:, None, None]
    wide, deep = (side.float().repeat_interleave(shared, 1) for side in (keys, values))
    expected = torch.nn.functional.scaled_dot_product_attention(queries.float(), wide, deep, attn_mask=seen)

    unseen = seen.transpose(-1, -2).logical_not()
    found = attend_slots(queries, keys.masked_fill(unseen, torch.nan), values.masked_fill(unseen, torch.nan), lengths)

    assert found.dtype == dtype
    assert (found.float() - expected).abs().max() < (1e-5 if dtype == torch.float32 else 2e-3)
