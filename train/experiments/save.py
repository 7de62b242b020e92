"""The three files of an experiment's report: written beside their places and renamed, ``report.json`` last."""

import json
from pathlib import Path

from schemas.errors import ModelError
from schemas.experiment import FORMAT, ExperimentReport
from schemas.report import MARKDOWN, PAGE, REPORT, Lang
from train.experiments.markdown import markdown
from train.experiments.page import page
from train.report.plain import built, plain
from train.report.together import read_report, write_together


def save_experiment(report: ExperimentReport, folder: Path, *, lang: Lang = "en") -> Path:
    """Write the report into a folder, and give that back."""
    held = json.dumps({"format": FORMAT, **plain(report)}, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    texts = {MARKDOWN: markdown(report, lang), PAGE: page(report, lang), REPORT: held}
    write_together(folder, texts)
    return folder


def load_experiment(folder: str | Path) -> ExperimentReport:
    """The report of a folder; raises ModelError if it is missing, damaged or of another format."""
    path = Path(folder) / REPORT
    held = read_report(path, "no report of an experiment; make one with prep experiment")
    found = held.pop("format", None) if isinstance(held, dict) else None
    if found != FORMAT:
        raise ModelError(f"{path}: format {found!r}, expected {FORMAT}; make the report anew")
    try:
        report: ExperimentReport = built(ExperimentReport, held, "report")
    except ValueError as error:
        raise ModelError(f"{path}: {error}; make the report anew") from None
    return report
