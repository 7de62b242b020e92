"""Lines that were cut at a fixed width, in titles and abstracts: joined again, without a blank where Chinese touches.

A single newline in the midst of a sentence is a wrap; an empty line, an indented line and a list stay apart. After a
Chinese sentence end a newline may start a paragraph, and stays.
"""

import polars as pl

from pipeline.cleaning.step import Step

_GAP = r"[\s--\n]*\n[\s--\n]*"
_WORD = r"\p{Latin}\p{Greek}"
_OPEN_ENDED = rf"\p{{Han}}{_WORD}\d%‰℃°,，、)）(（》《”“’‘」「』『】\]"
"""Characters after which a sentence goes on."""
_CHINESE = r"\p{Han}，、。；：？！《》（）“”‘’「」『』"
_NUMBER = r"\d+(?:\.\d+)?(?:[^\d.、)）．：:,]|$)"
"""A number that does not count the items of a list."""


def _join(text: pl.Expr) -> pl.Expr:
    return (
        text.str.replace_all(r"[\s--\n]*\n[\s--[\n\x{3000}]]*\x{3000}[\s--\n]*", "\n\n")
        .str.replace_all(r"([。！？.!?：:；;])[\s--\n]*\n[ \t]{2,}([^\s])", "${1}\n\n${2}")
        .str.replace_all(rf"([{_OPEN_ENDED}]){_GAP}([{_CHINESE}])", "${1}${2}")
        .str.replace_all(rf"([\p{{Han}}，、]){_GAP}([{_WORD}]|{_NUMBER})", "${1}${2}")
        .str.replace_all(rf"([{_WORD}]-){_GAP}(\p{{Ll}})", "${1}${2}")
        .str.replace_all(rf"([{_WORD}\d%,.;:!?)\]'\"”’]){_GAP}([{_WORD}]|{_NUMBER})", "${1} ${2}")
    )


WRAPS = Step(
    name="wraps",
    about="hard line wraps are undone: no blank beside Chinese, one between words",
    gate=r"\n",
    apply=_join,
    domains=("paper", "patent"),
)
