"""Tests of the tiny model."""
