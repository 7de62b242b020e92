"""From a pile of Chinese domain text to a judged fine-tuning of ChatGLM-6B. The public Python API."""

from prep.api import convert, evaluate, experiment, export, mix, suitability, train
from schemas.dataset import PreparedDataset
from schemas.errors import PrepError
from schemas.run import Run

__all__ = [
    "PrepError",
    "PreparedDataset",
    "Run",
    "convert",
    "evaluate",
    "experiment",
    "export",
    "mix",
    "suitability",
    "train",
]
