"""Formats of the patent domain."""
