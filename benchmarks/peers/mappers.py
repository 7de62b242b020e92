"""ms-swift and LLaMA-Factory: columns under the trainer's names and a random split; they clean nothing."""

import json
import shutil
from pathlib import Path

from benchmarks.measure import Measured, run_command
from benchmarks.peers.peer import Peer, script, work

_COLUMNS = {"prompt": "title", "response": "abstract"}


def _swift(source: Path) -> Measured:
    return _run(MS_SWIFT, _empty("ms-swift"), "swift_job", source)


def _llama_factory(source: Path) -> Measured:
    """It takes a folder of files and a JSON file that says what their columns mean."""
    folder = _empty("llama-factory")
    (folder / source.name).symlink_to(source.resolve())
    info = {"papers": {"file_name": source.name, "columns": _COLUMNS}}
    (folder / "dataset_info.json").write_text(json.dumps(info))
    return _run(LLAMA_FACTORY, folder, "llama_factory_job", folder)


def _empty(name: str) -> Path:
    folder = work(name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _run(peer: Peer, folder: Path, job: str, given: Path) -> Measured:
    """With a cache of its own, so that no run finds what an earlier one made."""
    cache = f"HF_DATASETS_CACHE={(folder / 'cache').resolve()}"
    return run_command("env", cache, str(peer.python), script(job), str(given.resolve()))


MS_SWIFT = Peer(
    name="ms-swift",
    about="ms-swift: columns and a random split, nothing cleaned or validated",
    packages=("ms-swift==4.6.0",),
    run=_swift,
)
LLAMA_FACTORY = Peer(
    name="llama-factory",
    about="LLaMA-Factory: columns and a random split, nothing cleaned or validated",
    packages=("torch==2.13.0", "llamafactory==0.9.5"),
    without=("torchaudio", "torchvision"),
    run=_llama_factory,
)
