"""Models that are larger than the machine are refused before they are loaded."""

import json
from pathlib import Path

import pytest
import torch

from schemas.errors import ModelError
from train.models import room
from train.models.room import free_memory, require_room, weights_bytes

GIB = 2**30


@pytest.fixture
def official(tmp_path: Path) -> Path:
    """The configuration of ChatGLM-6B without its weights."""
    config = {"model_type": "chatglm", "vocab_size": 130_528, "inner_hidden_size": 16_384, "torch_dtype": "float16"}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("dtype", "size"), [(torch.float16, 2), (torch.bfloat16, 2), (torch.float32, 4)])
def test_weights_are_counted_as_they_will_be_loaded(official: Path, dtype: torch.dtype, size: int) -> None:
    assert weights_bytes(official, dtype) == 6_173_286_400 * size


def test_a_model_that_is_too_large_is_refused_with_both_numbers(
    official: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "free_memory", lambda _: 20 * GIB)

    require_room(official, torch.float16, "cpu")
    with pytest.raises(ModelError, match=r"take 23.0 GiB in float32, but 20.0 GiB are free on cpu; take") as error:
        require_room(official, torch.float32, "cpu")

    assert "dtype float16" in str(error.value)
    assert str(error.value).endswith("or --model tiny")


def test_another_precision_is_no_advice_where_there_is_none(official: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "free_memory", lambda _: GIB)

    with pytest.raises(
        ModelError, match=r"take 11.5 GiB in float16, but 1.0 GiB are free on cuda:1; take quantization"
    ):
        require_room(official, torch.float16, torch.device("cuda", 1))


def test_nothing_is_refused_where_nobody_knows_the_memory(official: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "free_memory", lambda _: None)

    require_room(official, torch.float32, "cpu")


def test_the_memory_of_this_machine_is_known() -> None:
    free = free_memory(torch.device("cpu"))

    assert free is None or 0 < free < 2**50


@pytest.mark.parametrize(("limit", "free"), [("max", None), (str(8 * GIB), 5 * GIB), (str(GIB), 0)])
def test_a_container_may_have_less_than_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, free: int | None
) -> None:
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    (tmp_path / "memory.current").write_text(f"{4 * GIB}\n")
    (tmp_path / "memory.stat").write_text(f"anon {3 * GIB}\ninactive_file {GIB}\nactive_file 0\n")
    monkeypatch.setattr(room, "_GROUPS", tmp_path)
    monkeypatch.setattr(room, "_free_on_the_host", lambda: None)

    assert free_memory(torch.device("cpu")) == free
