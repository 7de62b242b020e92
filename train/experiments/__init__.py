"""Experiments: what is asked, changed and held fixed, and what would count as success, stated before anything runs."""
