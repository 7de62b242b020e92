"""Formats of the encyclopedia domain."""
