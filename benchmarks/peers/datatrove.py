"""datatrove: the whole job, two workers."""

import shutil
from itertools import cycle
from pathlib import Path

from benchmarks.measure import Measured, run_command
from benchmarks.peers.peer import Peer, script, work

_WORKERS = 2


def _run(source: Path) -> Measured:
    """It gives a file to a worker, so the corpus is dealt to as many files."""
    folder = work("datatrove")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "source").mkdir(parents=True)
    parts = [(folder / "source" / f"{number}.jsonl").open("wb") for number in range(_WORKERS)]
    with source.open("rb") as lines:
        for line, part in zip(lines, cycle(parts), strict=False):
            part.write(line)
    for part in parts:
        part.close()
    return run_command(str(DATATROVE.python), script("datatrove_job"), str(folder), str(_WORKERS))


DATATROVE = Peer(
    name="datatrove",
    about="datatrove 0.10.1: the whole job, two workers",
    packages=("datatrove[io,processing]==0.10.1",),
    run=_run,
)
