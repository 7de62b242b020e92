"""Scores of answers: pure functions of texts, one file each, every score with a signature."""
