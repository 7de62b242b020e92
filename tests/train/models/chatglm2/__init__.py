"""Tests of ChatGLM2-6B."""
