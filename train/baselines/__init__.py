"""Answers that need no tuned model: copies, retrieved answers, and histories that show the base how. Pure functions."""
