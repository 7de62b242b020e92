"""Runs as others load them: each gives the logits that the run itself gives."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import AutoPeftModelForCausalLM
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from schemas.errors import ModelError, OptionError
from tests.running import contents
from tests.train.runs import recipe, trained
from train.answer.load import tuned
from train.export.export import EXPORT, export_run
from train.models.tiny.folder import untrained
from train.models.tiny.registry import SMALL
from train.models.tiny.small import write_small

CASES = {
    "lora": {"method": "lora", "settings": {"lora_rank": 2}},
    "prefix": {"method": "p_tuning_v2", "settings": {"pre_seq_len": 4}},
    "projected": {"method": "p_tuning_v2", "settings": {"pre_seq_len": 4, "prefix_projection": True}},
    "bottleneck": {"method": "adapter", "settings": {}},
}


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("bases")
    small = {name: write_small(SMALL[f"tiny-{name}"], place / name) for name in ("llama", "chatglm2")}
    return {"chatglm": untrained(place / "chatglm"), **small}


@pytest.fixture(scope="module")
def runs(bases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    wanted = [
        *(("chatglm", case) for case in CASES),
        *(("chatglm2", case) for case in ("lora", "prefix")),
        *(("llama", case) for case in ("lora", "prefix")),
    ]
    place = tmp_path_factory.mktemp("runs")
    return {
        f"{family}-{case}": trained(
            recipe(place / f"{family}-{case}", bases[family], training={"max_steps": 2}, **CASES[case])
        ).path
        for family, case in wanted
    }


@torch.no_grad()
def logits(model: Any, tokenizer: Any) -> Tensor:
    ids = torch.tensor([tokenizer.encode("第3号问题")])
    return model.eval()(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.float()  # type: ignore[no-any-return]


def expected(run: Path) -> tuple[Tensor, Any]:
    answerer = tuned(run, device="cpu").load()
    return logits(answerer.model, answerer.tokenizer), answerer.tokenizer


@pytest.mark.parametrize("name", ["chatglm-lora", "chatglm2-lora", "llama-lora"])
def test_a_merged_run_is_a_model_of_its_own(name: str, runs: dict[str, Path], tmp_path: Path) -> None:
    done = export_run(runs[name], "merged", out=tmp_path, name="whole")

    whole = AutoModelForCausalLM.from_pretrained(tmp_path / "whole")
    found = logits(whole, AutoTokenizer.from_pretrained(tmp_path / "whole"))
    assert done.path == tmp_path / "whole"
    torch.testing.assert_close(found, expected(runs[name])[0], rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")  # peft asks for it
@pytest.mark.parametrize(
    "name",
    [
        *("chatglm-lora", "chatglm2-lora", "llama-lora"),
        *("chatglm-prefix", "chatglm-projected"),
    ],
)
def test_peft_loads_an_adapter_with_its_base(name: str, runs: dict[str, Path], tmp_path: Path) -> None:
    export_run(runs[name], "peft", out=tmp_path, name="adapter")

    model = AutoPeftModelForCausalLM.from_pretrained(tmp_path / "adapter")

    theirs, tokenizer = expected(runs[name])
    torch.testing.assert_close(logits(model, tokenizer), theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("chatglm-prefix", "--pre_seq_len 4"),
        ("chatglm2-prefix", "--pre_seq_len 4"),
        ("chatglm-projected", "--pre_seq_len 4 --prefix_projection"),
    ],
)
def test_the_official_scripts_find_the_prefix_that_they_would_have_saved(
    name: str, flags: str, runs: dict[str, Path], bases: dict[str, Path], tmp_path: Path
) -> None:
    done = export_run(runs[name], "official-prefix", out=tmp_path, name="prefix")

    weights = torch.load(tmp_path / "prefix" / "pytorch_model.bin", weights_only=True)
    assert all(key.startswith("transformer.prefix_encoder.") for key in weights)
    assert list(done.lines) == [f"--ptuning_checkpoint {tmp_path / 'prefix'} {flags}"]
    again = tuned(tmp_path / "prefix" / "pytorch_model.bin", model=str(bases[name.partition("-")[0]]), device="cpu")
    theirs, tokenizer = expected(runs[name])
    torch.testing.assert_close(logits(again.load().model, tokenizer), theirs)


def test_a_model_for_llama_cpp_is_whole_and_in_a_layout_that_its_converter_knows(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    done = export_run(runs["llama-lora"], "gguf-ready", out=tmp_path, name="ready")

    names = set(contents(done.path))
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} <= names
    assert json.loads((done.path / "config.json").read_text())["architectures"] == ["LlamaForCausalLM"]
    assert done.lines[0] == f"python convert_hf_to_gguf.py {done.path} --outtype f32"


@pytest.mark.parametrize(
    ("name", "to", "said"),
    [
        ("chatglm-prefix", "merged", "p_tuning_v2 adds to the base and cannot be merged into it"),
        ("chatglm-lora", "gguf-ready", "converter cannot read from an export of ours; expected one of: llama"),
        ("chatglm-lora", "official-prefix", "was tuned with lora; expected p_tuning_v2"),
        ("llama-prefix", "official-prefix", "would answer otherwise there; expected a model of: chatglm, chatglm2"),
        ("llama-prefix", "peft", "would answer otherwise there; expected a model of: chatglm"),
        ("chatglm2-prefix", "peft", "would answer otherwise there"),
        ("chatglm-bottleneck", "peft", "adapter is no method of peft"),
        ("llama-lora", "onnx", "no such form; choose one of: merged, peft, official-prefix, gguf-ready"),
    ],
)
def test_what_a_run_cannot_become_is_said_before_it_is_loaded(
    name: str, to: str, said: str, runs: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=said):
        export_run(runs[name], to, out=tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_the_same_again_says_so_and_another_is_refused(runs: dict[str, Path], tmp_path: Path) -> None:
    first = export_run(runs["chatglm-prefix"], "official-prefix", out=tmp_path, name="x")
    before = contents(first.path)

    assert export_run(runs["chatglm-prefix"], "official-prefix", out=tmp_path, name="x").unchanged
    with pytest.raises(ModelError, match=r"x: already there, made of another .*--overwrite"):
        export_run(runs["chatglm-projected"], "official-prefix", out=tmp_path, name="x")
    assert contents(first.path) == before
    export_run(runs["chatglm-projected"], "official-prefix", out=tmp_path, name="x", overwrite=True)
    assert contents(first.path) != before


def test_what_is_no_export_stays(runs: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine.txt").write_text("mine")

    with pytest.raises(ModelError, match="in the way and no export of prep"):
        export_run(runs["chatglm-prefix"], "official-prefix", out=tmp_path, name="x", overwrite=True)

    assert EXPORT not in contents(tmp_path / "x")
