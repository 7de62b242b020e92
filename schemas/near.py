"""What somebody meant who named a folder that is not there."""

from difflib import get_close_matches
from pathlib import Path


def meant(folder: Path, marker: str, home: Path) -> str:
    """``did you mean …?``, of the folders with ``marker`` beside it or in ``home``; empty where none is like it."""
    places = () if folder.exists() else (folder.parent, home)
    known = {path.parent.name: path.parent for place in places for path in sorted(place.glob(f"*/{marker}"))}
    close = get_close_matches(folder.name, known, n=1)
    return f"did you mean {known[close[0]]}?" if close else ""
