"""Several processes that share a model: who holds which part of it, and how it becomes whole again."""
