"""Workers that are killed in the middle: every stage loses one, and the dataset is the same."""

import random
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
import pytest

from tests.pipeline.engine.ray.clusters import RAY_WARNS, by_ray, cluster, on_this_machine, whole
from tests.pipeline.engine.ray.test_same_bytes import dialogues
from tests.running import json_lines

pytestmark = RAY_WARNS

_STAGES = ("_chunks", "_part", "_scatter", "_shared", "_keys", "_texts", "_compare", "write_partition")


class Killer(Thread):
    """Kills a worker of every stage once, some moments after it was first seen at it."""

    def __init__(self, stages: Sequence[str], seed: int) -> None:
        super().__init__(daemon=True)
        self._stages = stages
        self._numbers = random.Random(seed)
        self._over = Event()
        self.killed: list[str] = []

    def run(self) -> None:
        while not self._over.wait(0.01):
            for process in psutil.Process().children(recursive=True):
                self._look_at(process)

    def end(self) -> list[str]:
        self._over.set()
        self.join()
        return self.killed

    def _look_at(self, process: psutil.Process) -> None:
        try:
            title = (process.cmdline() or [""])[0]
        except psutil.Error:
            return
        stage = next((stage for stage in self._stages if title.startswith("ray::") and stage in title), None)
        if stage is None or stage in self.killed:
            return
        self._over.wait(self._numbers.random() * 0.02)
        process.kill()
        self.killed.append(stage)


def killed_at(stages: Sequence[str], seed: int, folder: Path, patch: pytest.MonkeyPatch) -> list[str]:
    """The stages that lost a worker, once it is sure that the dataset is the same."""
    cluster()
    numbers = random.Random(seed)
    sources = [json_lines(folder / f"{n}.jsonl", dialogues(numbers, 400, 2000)) for n in range(3)]
    options: dict[str, Any] = {"domain": "legal", "near_dedup": 0.7}
    here = on_this_machine(sources, folder / "here", **options)
    killer = Killer(stages, seed)
    killer.start()

    there = by_ray(sources, folder / "there", patch, **options)

    killed = killer.end()
    assert whole(there) == whole(here)
    return killed


def test_a_killed_worker_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert killed_at(("_part", "_scatter", "write_partition"), 1, tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_killed_worker_of_every_stage_changes_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(killed_at(_STAGES, seed, tmp_path, monkeypatch)) > 3
