"""The three files of a report: written beside their places and renamed, ``report.json`` last."""

import json
from pathlib import Path

from schemas.errors import ModelError
from schemas.report import FORMAT, MARKDOWN, PAGE, REPORT, Lang, SuitabilityReport
from train.report.markdown import markdown
from train.report.page import page
from train.report.plain import built, plain
from train.report.together import read_report, write_together


def save_report(report: SuitabilityReport, folder: str | Path, *, lang: Lang = "en") -> Path:
    """Write the report into a folder, and give that back; pages are in one language, ``report.json`` holds both."""
    folder = Path(folder)
    texts = {MARKDOWN: markdown(report, lang), PAGE: page(report, lang), REPORT: as_text(report)}
    write_together(folder, texts)
    return folder


def load_report(folder: str | Path) -> SuitabilityReport:
    """The report of a folder; raises ModelError if it is missing, damaged or of another format."""
    path = Path(folder) / REPORT
    what = f"no {REPORT} in it" if path.parent.is_dir() else "no such report"
    held = read_report(path, f"{what}; make one with prep evaluate or prep suitability")
    found = held.pop("format", None) if isinstance(held, dict) else None
    if found != FORMAT:
        raise ModelError(f"{path}: format {found!r}, expected {FORMAT}; make the report anew")
    try:
        report: SuitabilityReport = built(SuitabilityReport, held, "report")
    except ValueError as error:
        raise ModelError(f"{path}: {error}; make the report anew") from None
    return report


def as_text(report: SuitabilityReport) -> str:
    """As ``report.json`` holds it. Half a character (a lone surrogate) stays, escaped as JSON does it."""
    held = {"format": FORMAT, **plain(report)}
    text = json.dumps(held, ensure_ascii=False, indent=1, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(held, indent=1, allow_nan=False)
    return text + "\n"
