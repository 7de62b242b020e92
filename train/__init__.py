"""A dataset folder becomes a judged adapter. The only package that imports torch."""
