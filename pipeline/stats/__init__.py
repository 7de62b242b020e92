"""Lengths, losses by truncation and words of finished datasets."""

from pipeline.stats.dataset import dataset_statistics

__all__ = ["dataset_statistics"]
