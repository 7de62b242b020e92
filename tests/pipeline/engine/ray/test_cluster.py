"""A running cluster by its address, what it cannot see, and mistakes of the user that happen on it."""

import subprocess
import sys
from pathlib import Path

import pytest

from schemas.errors import DatasetError, OptionError, SourceError
from tests.pipeline.engine.ray.clusters import RAY_WARNS, by_ray, cluster, on_this_machine, whole
from tests.running import json_lines, patents, run

pytestmark = RAY_WARNS


def test_a_running_cluster_is_found_by_its_address(tmp_path: Path) -> None:
    cluster()
    import ray

    source = json_lines(tmp_path / "x.jsonl", patents(300))
    address = ray.get_runtime_context().gcs_address
    command = [sys.executable, "-m", "prep", "convert", source.name, "--out", "out", "--one-file"]

    done = subprocess.run(
        [*command, "--engine", "ray", "--ray-address", address],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "300  records" in done.stdout
    here = on_this_machine([source], tmp_path / "here")
    assert (tmp_path / "out/patent/train.json").read_bytes() == (here / "train.json").read_bytes()


def test_a_split_in_parts_is_read_like_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [json_lines(tmp_path / f"{n}.jsonl", patents(6000, 6000 * n)) for n in range(2)]
    here = on_this_machine(sources, tmp_path / "here")

    there = by_ray(sources, tmp_path / "there", monkeypatch)

    assert len(list((there / "train").iterdir())) > 1
    assert "valid" in run("validate", there).out
    assert run("stats", there, "--no-words").out.replace(str(there), "") == run(
        "stats", here, "--no-words"
    ).out.replace(str(here), "")
    assert (there / "train.json").read_bytes() == (here / "train.json").read_bytes()
    assert run("explain", there, "train:1800").out.startswith("place    ")


def test_an_error_of_the_user_is_one_line_also_from_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    source = json_lines(tmp_path / "x.jsonl", patents(20000))
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(source.read_bytes())[:-2000])

    with pytest.raises(SourceError, match=r"cut\.jsonl\.gz: "):
        by_ray([cut], tmp_path / "out", monkeypatch)

    assert not (tmp_path / "out" / "patent").exists()


def test_a_folder_that_a_machine_does_not_see_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster()
    from pipeline.engine.ray import cluster as clusters

    monkeypatch.setattr(clusters, "_sees", lambda _: (False, "0"))

    with pytest.raises(
        OptionError, match=r"not seen by .*; with --engine ray the dataset is made in a folder that all"
    ):
        clusters.require_shared(tmp_path)


def test_another_prep_on_a_machine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster()
    from pipeline.engine.ray import cluster as clusters

    monkeypatch.setattr(clusters, "_sees", lambda _: (True, "9.9"))

    with pytest.raises(OptionError, match=r"prep 9\.9, expected .* as here; install the same everywhere"):
        clusters.require_shared(tmp_path)


def test_a_broken_off_run_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.engine.ray.engine import RayEngine

    cluster()
    sources = [json_lines(tmp_path / f"{n}.jsonl", patents(4000, 4000 * n)) for n in range(2)]
    here = on_this_machine(sources, tmp_path / "here")

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(RayEngine, "write_dataset", broken)
        with pytest.raises(DatasetError, match="finished parts stay in"):
            by_ray(sources, tmp_path / "there", patch)
    done = by_ray(sources, tmp_path / "there", monkeypatch, resume=True)

    assert whole(done) == whole(here)
