"""Every method goes the whole road on the tiny model: it trains, saves, is loaded again and answers."""

from pathlib import Path
from typing import Any

import pytest

from schemas.run import LOG, Run
from tests.train.models.tiny.products import products
from tests.train.runs import trained, write_rows
from train.answer.load import tuned
from train.callbacks.log import read_log
from train.methods.registry import METHODS
from train.recipe.recipe import Recipe

SETTINGS: dict[str, dict[str, Any]] = {
    "p_tuning_v2": {"pre_seq_len": 8},
    "prefix_tuning": {"pre_seq_len": 8},
    "adapter": {"bottleneck_size": 8},
}


def tuning(folder: Path, tiny: Path, method: str, *, name: str, **settings: Any) -> Run:
    return trained(
        Recipe(
            train_file=str(write_rows(folder / "train.json", products(16))),
            model=str(tiny),
            method=method,
            settings={**SETTINGS.get(method, {}), **settings},
            max_source_length=64,
            max_target_length=64,
            out=str(folder / "runs"),
            name=name,
            do_eval=False,
            training={
                "max_steps": 12,
                "learning_rate": 3e-3,
                "lr_scheduler_type": "constant",
                "per_device_train_batch_size": 8,
                "logging_steps": 4,
                "save_strategy": "no",
                "report_to": "none",
            },
        )
    )


@pytest.mark.parametrize("method", METHODS)
def test_every_method_trains_saves_loads_and_answers(method: str, tiny: Path, tmp_path: Path) -> None:
    settings: dict[str, Any] = {}
    if method == "adapter_fusion":
        settings["adapters"] = [str(tuning(tmp_path, tiny, "adapter", name=name).path) for name in ("a", "b")]

    run = tuning(tmp_path, tiny, method, name="run", **settings)
    answerer = tuned(run.path, device="cpu").load()
    answer, _ = answerer.model.chat(answerer.tokenizer, "类型#上衣*颜色#红", do_sample=False, max_new_tokens=12)

    losses = [row["loss"] for row in read_log(run.path / LOG)]
    assert losses[-1] < losses[0]
    assert answer
