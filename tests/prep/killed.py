"""``python -m tests.prep.killed``: converts again and again, each time killed somewhere, and says how each run ended.

The first run is left alone. Half of the others kill themselves at a drawn event of the file system, half are killed
after a drawn time; each goes on with what the one before left. All are forks of one process that has loaded everything.
"""

import json
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from unittest import mock

import pipeline.convert
import pipeline.find
import prep.options  # noqa: F401 (loaded before the forks, as the one above)
from pipeline.options import ConvertOptions
from pipeline.readers.chunk import ReadOptions
from prep.cli.main import main

_CHUNK_BYTES = 20_000
_EVENTS = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "mmap.__new__")


def _small_chunks(options: ConvertOptions) -> ReadOptions:
    return ReadOptions(encoding=options.encoding, table=options.table, chunk_bytes=_CHUNK_BYTES)


def killed_at(arguments: list[str], kill_at: int, events: Path) -> None:
    """In a fork: convert; the process kills itself at an event of the file system."""
    counted = count(1)
    begun = threading.Event()

    def hook(event: str, values: tuple[object, ...]) -> None:
        if event in _EVENTS and (begun.is_set() or ".unfinished" in str(values)):
            begun.set()
            if next(counted) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.argv = ["prep", "convert", *arguments]
    code = 0
    with mock.patch.object(pipeline.find, "_reading", _small_chunks):
        sys.addaudithook(hook)
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    number = next(counted)
    events.write_text(str(number))
    sys.stdout.flush()
    os._exit(code)


def forked(work: Callable[[], None], seconds: float | None = None) -> int:
    """How a fork that does the work ended: its code, or minus the signal; killed after so many seconds if given."""
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        work()
    if seconds is not None:
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def attempts(sources: list[str], out: Path, *, seed: int, number: int, options: list[str]) -> list[int]:
    """Make ``out/whole``, then ``out/broken`` over and over; a finished one goes to ``out/done.N``."""
    draw = random.Random(seed)
    events = out / "events"
    started = time.monotonic()
    whole = [*sources, "--out", str(out), "--name", "whole"]
    assert forked(lambda: killed_at(whole, 0, events)) == 0
    seconds, total = time.monotonic() - started, int(events.read_text())
    broken = [*sources, "--out", str(out / "work"), "--name", "whole", *options]
    codes = []
    for attempt in range(number):
        if attempt % 2:
            after = draw.uniform(0, seconds)
            codes.append(forked(lambda: killed_at(broken, 0, events), after))
        else:
            at = draw.randint(1, total)
            codes.append(forked(lambda at=at: killed_at(broken, at, events)))
        made = out / "work" / "whole"
        assert (
            "--overwrite" not in options or made.exists() or (made.with_name(".whole.unfinished") / "replaced").exists()
        )
        if codes[-1] == 0 and "--overwrite" not in options:
            shutil.move(made, out / f"done.{attempt}")
    codes.append(forked(lambda: killed_at(broken, 0, events)))
    return codes


if __name__ == "__main__":
    order = json.loads(sys.argv[1])
    sys.stdout.write(json.dumps(attempts(order["sources"], Path(order["out"]), **order["how"])))
