"""Tests of what a training shows at the terminal."""
