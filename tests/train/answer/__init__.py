"""Tests of models that answer."""
