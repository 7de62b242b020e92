"""From a pile of Chinese domain text to a judged fine-tuning of ChatGLM-6B. The public Python API."""

from prep.api import convert
from schemas.dataset import PreparedDataset
from schemas.errors import PrepError

__all__ = ["PrepError", "PreparedDataset", "convert"]
