"""Models in parts."""
