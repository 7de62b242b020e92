"""Formats of the paper domain."""
