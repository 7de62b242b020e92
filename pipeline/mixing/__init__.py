"""Finished datasets become one: so much of each, splits kept apart."""
