"""Which engine is meant, and what is said where it cannot be had."""

import sys
from pathlib import Path

import pytest

from pipeline.engine import chosen as choosing
from pipeline.engine.chosen import chosen
from tests.running import json_lines, patents, refusal, run


def test_this_machine_needs_no_engine() -> None:
    with chosen() as engine:
        assert engine is None


def test_an_address_without_ray_is_refused(tmp_path: Path) -> None:
    source = json_lines(tmp_path / "x.jsonl", patents(20))

    said = refusal(tmp_path / "out", source, "--ray-address", "head:6379")

    assert said == "--ray-address head:6379: needs --engine ray beside it"


def test_a_machine_without_ray_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = json_lines(tmp_path / "x.jsonl", patents(20))
    monkeypatch.setattr(choosing, "find_spec", lambda _: None)

    said = refusal(tmp_path / "out", source, "--engine", "ray")

    assert said == "--engine ray: Ray is not installed; pip install 'prep-chatglm[ray]'"


def test_a_conversion_on_this_machine_never_loads_ray(tmp_path: Path) -> None:
    source = json_lines(tmp_path / "x.jsonl", patents(20))
    before = {name for name in sys.modules if name.partition(".")[0] == "ray"}

    run("convert", source, "--out", tmp_path / "out")

    assert {name for name in sys.modules if name.partition(".")[0] == "ray"} == before


def test_a_source_that_is_missing_is_named_before_a_cluster_is_started(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra [ray] is not installed")

    said = refusal(tmp_path / "out", tmp_path / "missing.jsonl", "--engine", "ray")

    assert "missing.jsonl: no such file" in said


def test_a_cluster_adds_nothing_to_a_dataset(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra [ray] is not installed")
    source = json_lines(tmp_path / "x.jsonl", patents(20))
    run("convert", source, "--out", tmp_path / "out")

    outcome = run("convert", source, "--out", tmp_path / "out", "--append", "--engine", "ray")

    assert outcome.error == "prep: --append and --engine exclude each other"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1"])
def test_where_nobody_listens_is_said_at_once(tmp_path: Path, address: str) -> None:
    pytest.importorskip("ray", reason="the extra [ray] is not installed")
    source = json_lines(tmp_path / "x.jsonl", patents(20))

    said = refusal(tmp_path / "out", source, "--engine", "ray", "--ray-address", address)

    assert said.startswith(f"--ray-address {address}: no cluster answers (Connection refused); expected HOST:PORT")


def test_nobody_answers_at_the_address() -> None:
    pytest.importorskip("ray", reason="the extra [ray] is not installed")
    from pipeline.engine.ray.cluster import _not_reached

    said = _not_reached("head:6379", ConnectionError("Could not find\nany running instance"))

    assert said == (
        "--ray-address head:6379: no cluster answers (Could not find any running instance); "
        "expected HOST:PORT of ray start --head, or auto; set RAY_AUTH_MODE=token if it asks for a token"
    )
