"""Greedy answers without the detours of ``generate``: keys and values stay in place, a step never changes shape."""
