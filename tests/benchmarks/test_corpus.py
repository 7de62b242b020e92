"""The corpus of the benchmarks, and how many of its records are to be kept."""

import json
import sys
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.corpus import drawn, records, truth, write_lines
from benchmarks.measure import run_command
from benchmarks.peers.registry import PEERS
from schemas.limits import LengthLimits
from tests.pipeline.converting import converted_from, filtered
from tests.pipeline.converting import records as records_of


def test_a_conversion_keeps_what_the_corpus_says(tmp_path: Path) -> None:
    source = tmp_path / "x.jsonl"
    with source.open("w", encoding="utf-8") as file:
        write_lines(file, drawn(2000), source)
    rules = filtered(content=LengthLimits(minimum=4, maximum=80), summary=LengthLimits(minimum=20, maximum=2000))

    folder = converted_from([source], tmp_path, domain="paper", rules=rules, near_dedup=0.8)

    assert len(records_of(folder)) == truth(source)
    assert truth(source) < 2000


def test_a_block_knows_nothing_of_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(records(50))
    monkeypatch.setattr("benchmarks.corpus._BLOCK", 20)

    in_blocks = list(drawn(50))

    assert [each.record for each in islice(in_blocks, 20)] == whole[:20]
    assert [each.record["id"] for each in in_blocks] == [record["id"] for record in whole]
    assert all(each.original >= number // 20 * 20 for number, each in enumerate(in_blocks) if each.original >= 0)


def test_memory_is_that_of_all_processes_together() -> None:
    child = "import time; held = bytearray(60 << 20); time.sleep(1)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"

    alone = run_command(sys.executable, "-c", child)
    both = run_command(sys.executable, "-c", parent)

    assert alone.peak_mib > 60
    assert both.peak_mib > alone.peak_mib


def test_every_tool_beside_ours_has_a_name_and_a_pinned_package() -> None:
    assert len({peer.name for peer in PEERS}) == len(PEERS)
    assert all("==" in peer.packages[0] for peer in PEERS)
    assert json.dumps([peer.about for peer in PEERS])
