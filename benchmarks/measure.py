"""A command as a process of its own: seconds, those of the processor, and the largest resident memory."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

_INTERVAL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Measured:
    seconds: float
    peak_mib: float
    """Of all its processes together, at the moment at which it was largest."""
    output: str
    cpu_seconds: float = 0.0
    """In which a core worked for it; less than ``seconds`` where it waited, more where several worked."""
    private_mib: float = 0.0
    """The largest memory without mapped files, whose pages the system takes back when it likes."""


def run(*arguments: str) -> Measured:
    """Run ``python`` with the arguments; raises CalledProcessError with its output if it fails."""
    return run_command(sys.executable, *arguments)


def run_command(*command: str, folder: Path | None = None) -> Measured:
    """Run any command. Its modules may be compiled once and kept, as those of an installed program are."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder, env=environment
    ) as process:
        tree = _Tree(process.pid)
        output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        seconds = perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    peak, private = tree.stop()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return Measured(seconds, peak, output, usage.ru_utime + usage.ru_stime, private)


class _Tree:
    """Looks at a process and its children again and again. What the system says of a process that ended would count
    the memory of the one that started it, too."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._private, self._ended = pid, 0, 0, Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> tuple[float, float]:
        """MiB, all and private, each at the moment at which they were largest together."""
        self._ended.set()
        self._thread.join()
        return self._peak / 2**20, self._private / 2**20

    def _watch(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while not self._ended.wait(_INTERVAL_SECONDS):
            pages = [_resident_pages(pid) for pid in _with_children(self._pid)]
            together = page * sum(resident for resident, _ in pages)
            self._peak = max(self._peak, together, _largest_so_far(self._pid))
            self._private = max(self._private, page * sum(resident - shared for resident, shared in pages))


def _with_children(pid: int) -> Iterator[int]:
    yield pid
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in listed.read_text().split():
                yield from _with_children(int(child))


def _largest_so_far(pid: int) -> int:
    """Of one process, also between two looks."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return 0


def _resident_pages(pid: int) -> tuple[int, int]:
    """And how many of them are those of files."""
    with suppress(OSError):
        resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
        return int(resident), int(shared)
    return 0, 0


def machine() -> str:
    """What the figures were made on."""
    import polars

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, "
        f"Python {platform.python_version()}, polars {polars.__version__}"
    )
