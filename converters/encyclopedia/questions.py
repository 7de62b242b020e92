"""Community questions: what the pieces of a question have in common whatever the site."""

import polars as pl

from converters.sides import joined


def question(title: pl.Expr, description: pl.Expr) -> pl.Expr:
    """The title and, on a line of its own, the description unless it is empty or says the same."""
    title, description = unified_breaks(title).str.strip_chars(), unified_breaks(description).str.strip_chars()
    return joined(title, pl.when(description != title).then(description))


def unified_breaks(text: pl.Expr) -> pl.Expr:
    """Bare carriage returns are how some of these sites break lines."""
    return text.str.replace_all(r"\r\n?", "\n")
