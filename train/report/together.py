"""The files of a report: written beside their places and renamed; where ``report.json`` stands they belong together."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.errors import ModelError
from schemas.report import REPORT


def write_together(folder: Path, texts: Mapping[str, str]) -> None:
    """Write each file, ``report.json`` last; raises ModelError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / REPORT).unlink(missing_ok=True)
        for name in sorted(texts, key=lambda name: name == REPORT):
            beside = folder / f".{name}.part"
            beside.write_text(texts[name], encoding="utf-8", errors="backslashreplace", newline="\n")
            beside.replace(folder / name)
    except OSError as error:
        raise ModelError(f"{folder}: the report cannot be written: {error.strerror or error}") from None


def read_report(path: Path, missing: str) -> Any:
    """What a ``report.json`` holds; raises ModelError where it is damaged, or with ``missing`` where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path.parent}: {missing}") from None
    except (ValueError, OSError) as error:
        raise ModelError(f"{path}: cannot be read: {error}; make the report anew") from None
