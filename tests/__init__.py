"""Tests mirror the source folders; they need no network and no GPU."""
