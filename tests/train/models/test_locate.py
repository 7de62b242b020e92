"""Where models are found; the hub is a stand-in on this machine."""

import shutil
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from huggingface_hub import constants

from schemas.errors import ModelError
from tests.train.models.hub_server import COMMIT, serving
from train.models.locate import locate

MODEL = "THUDM/chatglm-6b"
FILES = {
    "config.json": b"{}",
    "tokenizer_config.json": b"{}",
    "ice_text.model": b"vocabulary",
    "modeling_chatglm.py": b"raise SystemExit('code of the hub was run')",
    "training_args.bin": b"a pickle",
    "README.md": b"read me",
    "pytorch_model.bin.index.json": b'{"weight_map": {"a": "pytorch_model-00001-of-00001.bin"}}',
    "pytorch_model-00001-of-00001.bin": b"weights",
    "quantization/pytorch_model.bin": b"other weights",
}
SAFE = {"model.safetensors": b"safe weights"}


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """An empty cache, nobody to ask; returns how to name somebody."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("USE_MODELSCOPE_HUB", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)

    def name(place: str) -> None:
        monkeypatch.setattr(constants, "ENDPOINT", place)
        template = f"{place}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)

    name("http://127.0.0.1:9")
    return name


def folder_with(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(FILES.get(name, SAFE.get(name, b"")))
    return folder


def in_cache(cache: Path, *names: str) -> Path:
    """As the library of the hub lays a model down."""
    model = cache / f"models--{MODEL.replace('/', '--')}"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(COMMIT)
    return folder_with(model / "snapshots" / COMMIT, *names)


def test_a_folder_is_where_it_is(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "mine", "config.json", "ice_text.model", "model.safetensors")

    assert locate(str(folder)) == folder


def test_without_weights_configuration_and_vocabulary_suffice(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "mine", "config.json", "ice_text.model")

    assert locate(str(folder), need_weights=False) == folder
    with pytest.raises(ModelError, match=r"mine: no weights in it"):
        locate(str(folder))


@pytest.mark.parametrize(
    ("name", "files", "message"),
    [
        ("mine", [], r"mine: no config.json in it; name the folder of a model"),
        ("mine", ["config.json"], r"mine: no vocabulary in it \(one of ice_text.model, "),
        ("mine", ["config.json", "ice_text.model", "pytorch_model.bin.index.json"], r"00001.bin: not there; name"),
        ("elsewhere", [], r"elsewhere: no such folder; name the folder of a model, or a model of the hub \(THUDM"),
        ("./THUDM/chatglm-6b", [], r"no such folder"),
        ("/no/such/folder", [], r"no such folder"),
        ("tiny-lama", [], r"^tiny-lama: no such small model; choose one of: tiny, tiny-llama, "),
        ("mine/config.json", ["config.json"], r"config.json: a file; expected the folder of a model"),
    ],
)
def test_what_is_no_model_is_said_in_one_line(tmp_path: Path, name: str, files: list[str], message: str) -> None:
    folder_with(tmp_path / "mine", *files)

    with pytest.raises(ModelError, match=message) as error:
        locate(name)

    assert "\n" not in str(error.value)


def test_what_lies_whole_in_the_cache_is_taken_without_asking_anybody(tmp_path: Path) -> None:
    cached = in_cache(tmp_path / "cache", "config.json", "ice_text.model", "model.safetensors")

    assert locate(MODEL) == cached


def test_a_model_is_fetched_once_with_a_word_about_it(tmp_path: Path, hub: Callable[[str], None]) -> None:
    notes: list[str] = []
    with serving(MODEL, FILES) as (place, asked):
        hub(place)
        folder = locate(MODEL, notes.append)
        asked.clear()

        again = locate(MODEL, notes.append)

    assert sorted(file.name for file in folder.iterdir()) == [
        "config.json",
        "ice_text.model",
        "pytorch_model-00001-of-00001.bin",
        "pytorch_model.bin.index.json",
        "tokenizer_config.json",
    ]
    assert again == folder
    assert not asked
    assert notes == [f"{MODEL}: fetching 0.0 GiB in 5 files from {place} into {tmp_path / 'cache'}"]


def test_of_two_kinds_of_weights_the_safe_one_is_fetched(hub: Callable[[str], None]) -> None:
    with serving(MODEL, FILES | SAFE) as (place, _):
        hub(place)
        folder = locate(MODEL)

    assert (folder / "model.safetensors").read_bytes() == b"safe weights"
    assert not list(folder.glob("*.bin*"))


def test_the_weights_are_fetched_when_they_are_needed_and_not_before(hub: Callable[[str], None]) -> None:
    with serving(MODEL, FILES) as (place, _):
        hub(place)
        small = {file.name for file in locate(MODEL, need_weights=False).iterdir()}
        whole = {file.name for file in locate(MODEL).iterdir()}

    assert small == {"config.json", "ice_text.model", "tokenizer_config.json"}
    assert whole - small == {"pytorch_model-00001-of-00001.bin", "pytorch_model.bin.index.json"}


REFUSALS: dict[str, tuple[dict[str, tuple[int, str]], str]] = {
    "unknown": ({"/": (404, "RepoNotFound")}, "knows no such model, or shows it to others only"),
    "gated": ({f"/{MODEL}/resolve": (403, "GatedRepo")}, "asks you to accept its terms; do so there, and set HF_TOKEN"),
    "broken": ({"/": (500, "")}, "answered with status 500"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_is_explained(tmp_path: Path, hub: Callable[[str], None], refusal: str) -> None:
    refusals, message = REFUSALS[refusal]
    with serving(MODEL, FILES, refusals) as (place, _):
        hub(place)
        with pytest.raises(ModelError, match=message) as error:
            locate(MODEL)

    said = str(error.value)
    assert said.startswith(f"{MODEL}: no folder {tmp_path / MODEL}, not in {tmp_path / 'cache'}, and {place}")
    assert said.endswith("set HF_ENDPOINT to a mirror or USE_MODELSCOPE_HUB=1, or try --model tiny")
    assert "\n" not in said


def test_a_hub_that_is_not_there_is_named_at_once(hub: Callable[[str], None]) -> None:
    started = time.monotonic()

    with pytest.raises(ModelError, match=r"http://127.0.0.1:9 does not give it: Connect\w*: ") as error:
        locate(MODEL)

    assert time.monotonic() - started < 5
    assert "\n" not in str(error.value)


def test_a_hub_that_never_answers_is_not_waited_for(
    hub: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.models.hubs.huggingface.SECONDS", 0.3)
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hub(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(ModelError, match=r"does not give it: ReadTimeout"):
            locate(MODEL)

    assert time.monotonic() - started < 5


def test_offline_is_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    with pytest.raises(ModelError, match=r"HF_HUB_OFFLINE forbids to look on http"):
        locate(MODEL)


def test_a_cache_that_holds_a_part_only_says_so(tmp_path: Path) -> None:
    in_cache(tmp_path / "cache", "config.json", "ice_text.model", "pytorch_model.bin.index.json")

    with pytest.raises(ModelError, match=r"not whole in "):
        locate(MODEL)


def test_a_disk_that_is_too_small_is_seen_before_fetching(
    hub: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3))

    with serving(MODEL, FILES) as (place, asked):
        hub(place)
        with pytest.raises(ModelError, match=r"its files take 0.0 GiB, but 0.0 GiB are free in .*HF_HOME"):
            locate(MODEL)

    assert not [path for path in asked if "resolve" in path]


def test_a_model_without_weights_on_the_hub_is_refused(hub: Callable[[str], None]) -> None:
    with serving(MODEL, {name: FILES[name] for name in ("config.json", "ice_text.model")}) as (place, _):
        hub(place)
        with pytest.raises(ModelError, match=r"no weights in it, as http://127.0.0.1:\d+ has it"):
            locate(MODEL)


def test_modelscope_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_MODELSCOPE_HUB", "1")
    monkeypatch.setitem(sys.modules, "modelscope", None)

    with pytest.raises(ModelError, match=r"pip install modelscope"):
        locate(MODEL)


def test_modelscope_is_asked_by_its_own_name_for_the_files_that_we_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def snapshot_download(name: str, **options: Any) -> str:
        asked.append((name, options))
        if options.get("local_files_only"):
            raise ValueError("nothing there")
        return str(folder_with(tmp_path / "fetched", *options["allow_patterns"]))

    library, api = ModuleType("modelscope"), ModuleType("modelscope.hub.api")
    files = [{"Path": name, "Size": len(body)} for name, body in FILES.items()]
    vars(library)["snapshot_download"] = snapshot_download
    vars(api)["HubApi"] = lambda: SimpleNamespace(get_model_files=lambda *_, **__: files)
    for module in (library, ModuleType("modelscope.hub"), api):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setenv("USE_MODELSCOPE_HUB", "1")

    folder = locate(MODEL)

    assert folder == tmp_path / "fetched"
    assert {name for name, _ in asked} == {"ZhipuAI/ChatGLM-6B"}
    assert not {"modeling_chatglm.py", "training_args.bin", "README.md"} & set(asked[-1][1]["allow_patterns"])
