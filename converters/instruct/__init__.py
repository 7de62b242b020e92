"""Formats of the instruct domain."""
