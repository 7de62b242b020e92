"""Tests of how records become examples."""
