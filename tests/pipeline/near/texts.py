"""Texts that differ by so much, and what plain Python says of them."""

import random


def random_text(numbers: random.Random, length: int) -> str:
    return "".join(chr(0x4E00 + numbers.randrange(3000)) for _ in range(length))


def varied(text: str, numbers: random.Random, changes: int) -> str:
    """So many characters replaced."""
    characters = list(text)
    for place in numbers.sample(range(len(text)), min(changes, len(text))):
        characters[place] = "变"
    return "".join(characters)


def grams(text: str) -> set[str]:
    return {text[start : start + 5] for start in range(max(len(text) - 4, 1))}


def jaccard(one: str, other: str) -> float:
    return len(grams(one) & grams(other)) / len(grams(one) | grams(other))
