"""Answers of a tuned or untuned model: in conversation, or for a file of records."""
