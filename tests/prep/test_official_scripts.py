"""The official scripts run behind ``prep train``, with the model's path replaced by a tiny one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from tests.running import run
from tests.train.recipe.test_official_scripts import EVALUATE, TRAIN, TRAIN_CHAT
from tests.train.runs import write_rows
from train.models.tiny.folder import untrained

MODEL = "THUDM/chatglm-6b"
OUTPUT = Path("output/adgen-chatglm-6b-pt-128-2e-2")
SHORT = ("--max_steps", "2", "--save_steps", "2", "--logging_steps", "1", "--gradient_accumulation_steps", "2")
"""In place of 3,000 steps of 16 batches, which ``make test-slow`` takes."""


@pytest.fixture(autouse=True)
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files of the names in the scripts, and a model of random weights, where the scripts are run."""
    monkeypatch.chdir(tmp_path)
    products = [
        {"content": f"类型#上衣*颜色#{colour}", "summary": f"这款{colour}色的上衣"} for colour in "红白黑蓝绿黄"
    ]
    turns = [{"prompt": "水温多少", "response": "95", "history": [["风扇不转", "检查线路"]]}] * 6
    for part in ("train", "dev"):
        write_rows(Path(f"AdvertiseGen/{part}.json"), products)
        write_rows(Path(f"chat/{part}.json"), turns)
    return untrained(Path("tiny"))


def script(flags: str, *more: str) -> list[str]:
    return [*flags.replace(MODEL, "tiny").split(), "--no-health_guard", *more]


def losses(folder: Path) -> Iterator[float]:
    for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        if "loss" in row:
            yield row["loss"]


def test_train_sh_then_evaluate_sh() -> None:
    trained = run("train", *script(TRAIN.format(workers="--preprocessing_num_workers 10", target=64), *SHORT))
    checkpoint = OUTPUT / "checkpoint-2"
    kept = checkpoint.is_dir()

    evaluated = run(
        "train",
        *script(EVALUATE, "--ptuning_checkpoint", str(checkpoint), "--output_dir", "predicted"),
    )

    assert trained.code == 0, trained.err
    assert kept
    assert len([*losses(OUTPUT)]) == 2
    assert evaluated.code == 0, evaluated.err
    predictions = Path("predicted/generated_predictions.txt").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["labels"] for line in predictions] == [
        f"这款{colour}色的上衣" for colour in "红白黑蓝绿黄"
    ]


def test_train_chat_sh() -> None:
    outcome = run("train", *script(TRAIN_CHAT, *SHORT))

    assert outcome.code == 0, outcome.err
    assert len([*losses(Path("output/chat"))]) == 2


@pytest.mark.slow
def test_train_sh_and_evaluate_sh_to_the_letter() -> None:
    """3,000 steps of 16 examples each."""
    trained = run("train", *script(TRAIN.format(workers="", target=64)))
    first, *_, last = losses(OUTPUT)

    evaluated = run("train", *script(EVALUATE))

    assert trained.code == 0, trained.err
    assert last < first
    assert evaluated.code == 0, evaluated.err
