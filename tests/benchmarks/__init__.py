"""Tests of what measures: that it runs, and that what it says of itself is so."""
