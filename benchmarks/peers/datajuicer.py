"""data-juicer: blanks and punctuation, one length limit, exact and near duplicates; no split, titles untouched."""

import json
import shutil
from pathlib import Path

from benchmarks.measure import Measured, run_command
from benchmarks.peers.peer import Peer, work

_WORKERS = 2
_TEXT = {"text_key": "abstract"}
_STEPS = [
    {"whitespace_normalization_mapper": _TEXT},
    {"punctuation_normalization_mapper": _TEXT},
    {"text_length_filter": {**_TEXT, "min_len": 20, "max_len": 2000}},
    {"document_deduplicator": _TEXT},
    {
        "document_minhash_deduplicator": {
            **_TEXT,
            "tokenization": "character",
            "window_size": 5,
            "num_permutations": 112,
            "jaccard_threshold": 0.8,
        }
    },
]


def _run(source: Path) -> Measured:
    folder = work("data-juicer")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = {
        "project_name": "papers",
        "dataset_path": str(source.resolve()),
        "export_path": str((folder / "kept.jsonl").resolve()),
        "np": _WORKERS,
        "text_keys": "abstract",
        "open_monitor": False,
        "process": _STEPS,
    }
    recipe = folder / "recipe.yaml"
    recipe.write_text(json.dumps(settings))  # JSON is YAML
    done = run_command(str(DATA_JUICER.home.resolve() / "bin" / "dj-process"), "--config", str(recipe.resolve()))
    kept = (folder / "kept.jsonl").read_bytes().count(b"\n")
    return Measured(done.seconds, done.peak_mib, f"kept {kept:,}", done.cpu_seconds)


DATA_JUICER = Peer(
    name="data-juicer",
    about="data-juicer 1.6.1: less work (titles as they are, no split)",
    packages=("py-data-juicer==1.6.1", "aiohttp"),
    run=_run,
)
