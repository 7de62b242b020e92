"""``python -m tests.pipeline.append.killed``: appends again and again, each time killed somewhere.

Half of the runs kill themselves at a drawn event of the file system, half are killed after a drawn time. Whatever is
there after each of them is the old dataset or the grown one.
"""

import json
import random
import shutil
import sys
import time
from functools import partial
from pathlib import Path

import prep.appending  # noqa: F401 (loaded before the forks)
from tests.prep.killed import forked, killed_at
from tests.running import contents


def attempts(base: Path, source: str, out: Path, *, seed: int, number: int) -> list[int]:
    """Append to a copy of ``base`` over and over; the first is left alone and says what all must give."""
    draw, events = random.Random(seed), out / "events"
    target = out / "work" / base.name
    order = [source, "--append", "--resume", "--name", base.name, "--out", str(target.parent)]
    shutil.copytree(base, target)
    started = time.monotonic()
    assert forked(partial(killed_at, order, 0, events)) == 0
    seconds, total = time.monotonic() - started, int(events.read_text())
    old, grown = contents(base), contents(target)
    codes = []
    for attempt in range(number + 1):
        if target.exists() and contents(target) == grown:
            shutil.rmtree(target)
            shutil.copytree(base, target)
        if attempt == number:
            codes.append(forked(partial(killed_at, order, 0, events)))
        elif attempt % 2:
            codes.append(forked(partial(killed_at, order, 0, events), draw.uniform(0, seconds)))
        else:
            codes.append(forked(partial(killed_at, order, draw.randint(1, total), events)))
        there = target if target.exists() else target.with_name(f".{target.name}.unfinished") / "replaced"
        assert contents(there) == grown or (codes[-1] and contents(there) == old), attempt
    return codes


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    sys.stdout.write(json.dumps(attempts(Path(given["base"]), given["source"], Path(given["out"]), **given["how"])))
