"""Tests of ChatGLM-6B."""
