"""A command as a process of its own: seconds, and the largest resident memory that the system saw."""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Measured:
    seconds: float
    peak_mib: float
    output: str


def run(*arguments: str) -> Measured:
    """Run ``python`` with the arguments; raises CalledProcessError with its output if it fails."""
    started = perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments, output)
    return Measured(seconds, usage.ru_maxrss / 1024, output)


def machine() -> str:
    """What the figures were made on."""
    import polars

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, "
        f"Python {platform.python_version()}, polars {polars.__version__}"
    )
