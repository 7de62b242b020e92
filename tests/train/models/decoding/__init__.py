"""Decoding of our own models."""
