"""The report as files and as text: ``report.json`` for programs, ``report.md`` and ``report.html`` for people."""

from train.report.save import load_report, save_report
from train.report.terminal import summary

__all__ = ["load_report", "save_report", "summary"]
