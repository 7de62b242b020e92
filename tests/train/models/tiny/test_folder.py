"""The tiny model is made once, whole or not at all, and kept where the user says."""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from schemas.errors import ModelError
from train.families.registry import family_of
from train.models.tiny import folder as place
from train.models.tiny import samples
from train.models.tiny.folder import cache_folder, tiny_folder, untrained
from train.models.tiny.pretraining import TINY

SHORT = replace(TINY, layers=1, hidden=16, heads=1, steps=2, tokens=128, threads=1)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PREP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def killed_while_it_makes_one(cache: Path) -> None:
    os.environ["PREP_CACHE"] = str(cache)
    place.write_model = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    tiny_folder(settings=SHORT)


def noting_into(file: Path, cache: Path) -> None:
    os.environ["PREP_CACHE"] = str(cache)
    lines: list[str] = []
    tiny_folder(lines.append, SHORT)
    file.write_text("\n".join(lines), encoding="utf-8")


def exit_codes(*works: Callable[[], None]) -> list[int | None]:
    """Of processes that do their work at the same time."""
    context = multiprocessing.get_context("forkserver")  # a fork of a process with torch's threads may hang
    context.set_forkserver_preload(["train.models.tiny.folder"])
    processes = [context.Process(target=work) for work in works]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    return [process.exitcode for process in processes]


def test_it_is_made_once_and_says_so_and_what_it_is_worth(cache: Path) -> None:
    first: list[str] = []
    again: list[str] = []

    made = tiny_folder(first.append, SHORT)
    found = tiny_folder(again.append, SHORT)

    assert found == made
    assert made.parent == cache
    assert "its numbers mean nothing for ChatGLM-6B" in first[0]
    assert "about a minute" in first[1]
    assert str(made) in first[1]
    assert again == first[:1]


def test_two_makings_are_equal_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = contents(tiny_folder(settings=SHORT))
    monkeypatch.setenv("PREP_CACHE", str(tmp_path / "other"))

    assert contents(tiny_folder(settings=SHORT)) == once


def test_it_is_a_model_of_the_family_in_the_official_layout() -> None:
    made = tiny_folder(settings=SHORT)

    family = family_of(made)
    model, tokenizer = family.load(made)

    assert family.name == "chatglm"
    assert set(contents(made)) == {"config.json", "ice_text.model", "model.safetensors", "tokenizer_config.json"}
    assert model.config.architectures == ["ChatGLMModel"]
    assert model.lm_head.weight is model.transformer.word_embeddings.weight
    assert tokenizer.bos_token_id == model.config.bos_token_id
    settings = json.loads((made / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert settings["num_image_tokens"] == 0


def test_other_settings_and_other_samples_make_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tiny_folder(settings=SHORT)
    other = tiny_folder(settings=replace(SHORT, seed=7))
    record = '{"content":"一种测试方法","summary":"本发明公开了一种测试方法。"}\n'
    changed = place.samples_digest() + record

    monkeypatch.setattr(place, "samples_digest", lambda: changed)

    assert len({made, other, tiny_folder(settings=SHORT)}) == 3


def test_one_that_is_killed_leaves_nothing_that_is_taken_for_it(cache: Path) -> None:
    ended = exit_codes(partial(killed_while_it_makes_one, cache))
    left = [path.name for path in cache.iterdir() if path.is_dir()]

    made = tiny_folder(settings=SHORT)

    assert ended == [-signal.SIGKILL]
    assert left == [f".{made.name}.part"]
    assert [path for path in cache.iterdir() if path.is_dir()] == [made]


def test_of_two_at_once_one_makes_it_and_the_other_waits(cache: Path, tmp_path: Path) -> None:
    files = [tmp_path / "one", tmp_path / "two"]

    ended = exit_codes(*(partial(noting_into, file, cache) for file in files))

    assert ended == [0, 0]
    assert sorted(file.read_text(encoding="utf-8").count("pre-training") for file in files) == [0, 1]


def test_without_samples_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "SAMPLES", tmp_path)

    with pytest.raises(ModelError, match=r"no samples.*in a checkout of the repository"):
        tiny_folder(settings=SHORT)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("PREP_CACHE", str(tmp_path / "file"))

    with pytest.raises(ModelError, match=r"file/tiny-.*cannot be kept there: .*set PREP_CACHE"):
        tiny_folder(settings=SHORT)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"PREP_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, Path("/a")),
        ({"XDG_CACHE_HOME": "/b"}, Path("/b/prep")),
        ({"XDG_CACHE_HOME": ""}, Path.home() / ".cache/prep"),
        ({}, Path.home() / ".cache/prep"),
    ],
)
def test_the_cache_lies_where_the_environment_says(environment: dict[str, str], expected: Path) -> None:
    assert cache_folder(environment) == expected


def test_an_untrained_one_has_the_same_vocabulary_and_leaves_torch_alone(tmp_path: Path) -> None:
    state = torch.random.get_rng_state()

    made = untrained(tmp_path / "new" / "folder", layers=3, hidden=16)

    model, tokenizer = family_of(made).load(made)
    assert model.config.num_layers == 3
    assert tokenizer.vocab_size == model.config.vocab_size
    assert contents(made)["ice_text.model"] == contents(tiny_folder(settings=SHORT))["ice_text.model"]
    assert torch.equal(torch.random.get_rng_state(), state)
