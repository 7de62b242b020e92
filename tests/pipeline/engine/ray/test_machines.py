"""Two machines of a cluster, here two of Ray's nodes on one: one is lost in the middle, and the dataset is the same."""

import random
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psutil
import pytest

from tests.pipeline.engine.ray.clusters import RAY_WARNS, on_this_machine, whole
from tests.pipeline.engine.ray.test_same_bytes import dialogues
from tests.running import json_lines

pytestmark = RAY_WARNS

_WITHIN_SECONDS = 120


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["_part", "_scatter"])
def test_a_machine_that_is_lost_changes_nothing(stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="the extra [ray] is not installed")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    numbers = random.Random(stage)
    sources = [json_lines(tmp_path / f"{n}.jsonl", dialogues(numbers, 1500, 8000)) for n in range(6)]
    here = on_this_machine(sources, tmp_path / "here", domain="legal", near_dedup=0.7)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        machine = cluster.add_node(num_cpus=1)
        command = ["convert", *map(str, sources), "--domain", "legal", "--near-dedup", "0.7", "--out", "there"]
        with subprocess.Popen(
            [sys.executable, "-m", "prep", *command, "--engine", "ray", "--ray-address", cluster.address],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        ) as conversion:
            _wait_for(stage, machine, conversion)
            cluster.remove_node(machine, allow_graceful=False)
            _, said = conversion.communicate()
    finally:
        cluster.shutdown()

    assert conversion.returncode == 0, said
    assert whole(tmp_path / "there" / "legal") == whole(here)


def _wait_for(stage: str, machine: Any, conversion: subprocess.Popen[str]) -> None:
    """Until a worker of the machine is at this stage."""
    (raylet,) = machine.all_processes["raylet"]
    end = monotonic() + _WITHIN_SECONDS
    while monotonic() < end:
        assert conversion.poll() is None, "the conversion was over before the machine was lost"
        for worker in psutil.Process(raylet.process.pid).children(recursive=True):
            title = (worker.cmdline() or [""])[0]
            if title.startswith("ray::") and stage in title:
                return
        sleep(0.01)
    pytest.fail(f"no worker of the second machine was ever at {stage}")
