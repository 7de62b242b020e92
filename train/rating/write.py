"""Sheets as files: a CSV and a page for each rater, to be handed out, and the key beside their folder."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from schemas.errors import ModelError
from schemas.report import Lang
from train.rating.cells import csv_text
from train.rating.key import key_text
from train.rating.sheet import Drawing, Sheet
from train.rating.words import TEXTS, said
from train.report.templates import environment

SHEETS, KEY = "rating", "rating-key.json"
HEAD = ("sheet", "row", "prompt", "answer 1", "answer 2", "rating", "comment", "rater")


def write_sheets(drawing: Drawing, folder: str | Path, dataset: str, *, lang: Lang = "en") -> Sequence[Path]:
    """Write ``rating/sheet-1.csv`` and ``.html`` …, and the key; all of them, the key last.

    Raises ModelError where sheets that may be filled in are in the way, or nothing can be written.
    """
    folder, texts = Path(folder), {}
    for number, sheet in enumerate(drawing.sheets, start=1):
        texts[Path(SHEETS, f"sheet-{number}.csv")] = "\ufeff" + sheet_csv(sheet)
        texts[Path(SHEETS, f"sheet-{number}.html")] = sheet_page(sheet, lang)
    texts[Path(KEY)] = key_text(drawing, dataset)
    known = folder / KEY
    if known.is_file() and known.read_text(encoding="utf-8") != texts[Path(KEY)]:
        raise ModelError(f"{known}: of other sheets, which may be with raters; move it and {SHEETS}/ away first")
    try:
        (folder / SHEETS).mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            _write(folder / name, text)
    except OSError as error:
        raise ModelError(f"{folder}: the sheets cannot be written: {error.strerror or error}") from None
    return [folder / name for name in texts]


def _write(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    beside.replace(path)


def sheet_csv(sheet: Sheet) -> str:
    """With empty cells for rating, comment and the rater's name."""
    return csv_text(
        HEAD,
        (
            (sheet.id, str(number), row.prompt, row.first, row.second, "", "", "")
            for number, row in enumerate(sheet.rows, start=1)
        ),
    )


def sheet_page(sheet: Sheet, lang: Lang = "en") -> str:
    """A page that is rated by keyboard, remembers what was chosen, and gives a CSV; its one script is known by hash."""
    script = files("train.rating").joinpath("script.js.html").read_text(encoding="utf-8")
    known = b64encode(sha256(script.encode()).digest()).decode()
    shown = environment("train.rating", t={name: said(name, lang) for name in TEXTS})
    return shown.get_template("sheet.html").render(sheet=sheet, lang=lang, script=script, script_hash=known)
