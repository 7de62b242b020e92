"""Tests of Triton's kernels run where there is a graphics card, or in its interpreter on a processor."""

import os
from importlib.util import find_spec

import pytest
import torch

HAS_CARD = torch.cuda.is_available()
DEVICE = "cuda" if HAS_CARD else "cpu"
DTYPES = [torch.float16, torch.bfloat16] if HAS_CARD else [torch.float32, torch.float16]
"""The interpreter cuts bfloat16 instead of rounding it; a card takes minutes to compile products in float32."""
MARKS = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the interpreter itself
    pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed: torch for processors has none"),
    pytest.mark.skipif(
        not HAS_CARD and os.environ.get("TRITON_INTERPRET") != "1",
        reason="no graphics card; TRITON_INTERPRET=1 in the environment runs the kernels on a processor",
    ),
]
