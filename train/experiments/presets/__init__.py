"""Experiments that come with the program: one YAML file each, whose first comment says what it is for."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from schemas.errors import OptionError

PRESETS: Mapping[str, Path] = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.yaml"))}


def about(name: str) -> str:
    """What an experiment is for: its first line."""
    return PRESETS[name].read_text(encoding="utf-8").partition("\n")[0].removeprefix("#").strip()


def experiment_file(name_or_file: str) -> Path:
    """Raises OptionError where it is neither a file nor one that comes with the program."""
    path = Path(name_or_file)
    if name_or_file in PRESETS and not path.is_file():
        return PRESETS[name_or_file]
    if path.is_file():
        return path
    close = get_close_matches(name_or_file, PRESETS, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    raise OptionError(
        f"no experiment {name_or_file!r}: no such file, and none that comes with the program; "
        f"{hint}those are {', '.join(PRESETS)}"
    )
