"""What cannot be fused, and fusions that are no longer whole, are named in one line."""

import shutil
from pathlib import Path

import pytest

from schemas.errors import ModelError, OptionError
from tests.train.methods.fusing import SINGLES, finished, fused, single
from tests.train.methods.side import base, facts
from train.methods.adapter_fusion import AdapterFusion
from train.methods.registry import METHODS
from train.methods.saved import load_adapter, save_adapter


@pytest.mark.parametrize(
    ("adapters", "message"),
    [
        ((), "adapters names 0, expected two or more: train each with --method adapter"),
        (("runs/a",), "adapters names 1, expected two or more"),
        (("runs/a", "runs/a"), "adapters names one of them twice: runs/a, runs/a"),
    ],
)
def test_too_few_adapters_are_refused(adapters: tuple[str, ...], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        AdapterFusion(adapters=adapters)


def test_an_adapter_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"{tmp_path}/a: no such adapter"):
        fused("chatglm", (f"{tmp_path}/a", f"{tmp_path}/b"))


def test_what_another_method_trained_is_refused(tmp_path: Path) -> None:
    one = single("chatglm", tmp_path / "one")
    method = METHODS["freeze"]
    settings = method.settings()
    save_adapter(method.adapt(base("chatglm"), settings, facts("chatglm")), method, settings, tmp_path / "two")

    with pytest.raises(ModelError, match="two: trained with freeze; a fusion combines what --method adapter trained"):
        fused("chatglm", (one, str(tmp_path / "two")))


def test_an_adapter_of_another_base_is_refused(tmp_path: Path) -> None:
    one, two = single("chatglm", tmp_path / "one"), single("chatglm2", tmp_path / "two")

    with pytest.raises(ModelError, match=r"two: trained on chatglm2 of 4 layers .*; this model is chatglm of 4 layers"):
        fused("chatglm", (one, two))


def test_a_copy_that_is_gone_is_named(tmp_path: Path) -> None:
    adapters = tuple(single("chatglm", tmp_path / str(number), seed=number) for number in range(2))
    folder = finished(fused("chatglm", adapters), adapters, tmp_path / "fusion")
    shutil.rmtree(folder / "adapters" / "1")

    with pytest.raises(ModelError, match="fusion/adapters/1: no weights in it"):
        load_adapter(base("chatglm"), folder, facts("chatglm"))


def test_a_copy_that_was_damaged_is_named(tmp_path: Path) -> None:
    adapters = tuple(single("chatglm", tmp_path / str(number), seed=number) for number in range(2))
    folder = finished(fused("chatglm", adapters), adapters, tmp_path / "fusion")
    other = single("chatglm", tmp_path / "other", SINGLES[1])
    shutil.copy(Path(other) / "model.safetensors", folder / "adapters" / "1")

    with pytest.raises(ModelError, match=r"fusion/adapters/1: .* is \(4,.*, expected \(8,"):
        load_adapter(base("chatglm"), folder, facts("chatglm"))
