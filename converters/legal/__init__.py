"""Formats of the legal domain."""
