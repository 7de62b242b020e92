"""The answer that costs nothing: the prompt itself."""

from collections.abc import Sequence


def copied(prompts: Sequence[str]) -> list[str]:
    return list(prompts)
