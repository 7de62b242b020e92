"""A model is quantised one file at a time: what stands in memory is the small model, and one file of the large one."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.train.models.test_memory import MIB, PROGRAM, folder

__all__ = ["folder"]
QUANTISING = PROGRAM.replace("sys.argv[2]))", 'sys.argv[2]), quantization="int4")')


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says how large a process was")
def test_quantising_takes_the_memory_of_the_small_model_and_of_one_file(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUANTISING, folder, "float16"], capture_output=True, text=True, check=True
    )

    before, peak, model = map(int, done.stdout.split())
    largest = max(file.stat().st_size for file in folder.iterdir())
    assert 100 * MIB < model < 150 * MIB
    assert peak - before - model < largest + 80 * MIB
