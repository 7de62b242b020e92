"""Which precision trains where; machines are made up."""

from typing import Any

import pytest
import torch

from train.precision import Machine, Wanted, autocast, precision

CPU = Machine(device=torch.device("cpu"), name="cpu", bfloat16=True, tf32=False)
H100 = Machine(device=torch.device("cuda", 0), name="H100", bfloat16=True, tf32=True)
V100 = Machine(device=torch.device("cuda", 0), name="V100", bfloat16=False, tf32=False)
HALF, BRAIN, FULL = torch.float16, torch.bfloat16, torch.float32


@pytest.mark.parametrize(
    ("machine", "wanted", "base", "flag"),
    [
        (H100, {}, HALF, None),
        (H100, {"bf16": True}, BRAIN, None),
        (H100, {"fp16": True}, HALF, "fp16"),
        (H100, {"dtype": "float32", "bf16": True}, FULL, "bf16"),
        (H100, {"dtype": "bfloat16"}, BRAIN, None),
        (V100, {}, HALF, None),
        (CPU, {}, FULL, None),
        (CPU, {"dtype": "float16"}, HALF, None),
    ],
)
def test_what_the_machine_has_is_used_without_a_word(
    machine: Machine, wanted: dict[str, Any], base: torch.dtype, flag: str | None
) -> None:
    chosen = precision(Wanted(**wanted), machine, HALF)

    assert (chosen.base, autocast(chosen), chosen.notes) == (base, flag, ())


@pytest.mark.parametrize(
    ("machine", "wanted", "base", "flag", "note"),
    [
        (CPU, {"fp16": True}, FULL, None, "fp16: this machine has no graphics card .* float32 is used instead"),
        (CPU, {"bf16": True}, FULL, None, "bf16: this machine has no graphics card .* float32 is used instead"),
        (V100, {"bf16": True}, HALF, "fp16", "bf16: V100 has no bfloat16; fp16 is used instead"),
        (V100, {"dtype": "bfloat16"}, HALF, None, "dtype bfloat16: V100 has no bfloat16; float16 is used instead"),
        (V100, {"tf32": True}, HALF, None, "tf32: V100 has no TF32; float32 is used instead"),
        (CPU, {"tf32": True}, FULL, None, "tf32: cpu has no TF32; float32 is used instead"),
    ],
)
def test_what_it_lacks_is_replaced_with_one_line_about_it(
    machine: Machine, wanted: dict[str, Any], base: torch.dtype, flag: str | None, note: str
) -> None:
    chosen = precision(Wanted(**wanted), machine, HALF)

    assert (chosen.base, autocast(chosen), chosen.tf32) == (base, flag, None)
    with pytest.raises(ValueError, match=note):
        raise ValueError(*chosen.notes)
