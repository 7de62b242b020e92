"""Exactly jieba's words, at the speed of its Rust port wherever the two agree.

jieba cuts a text into blocks of ``_BLOCK`` characters and works on each block alone. The port differs in two places:
it keeps ``Ti-O-Si`` and ``2017.12.30`` whole, and takes rare Chinese characters for letters of a block. So blocks that
hold the first and runs of the second go to jieba, everything between them to the port. ``docs/stats.md`` says on how
many texts that was found equal.
"""

import os
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from itertools import chain
from threading import Lock
from typing import Any, TypeVar

Result = TypeVar("Result")

_BLOCK = r"\u4E00-\u9FD5a-zA-Z0-9+#&._%\-"
_JOINED = r"[a-zA-Z0-9][+#&._%\-][a-zA-Z0-9]"
_RARE = r"\u3400-\u4DBF\u9FD6-\u9FFF\uF900-\uFAFF\U00020000-\U0002FA1F"
_SEPARATOR = "\0"  # no letter of a block: a text's words do not depend on what stands beyond it
_ALONE = rf"{_RARE}\uD800-\uDFFF{_SEPARATOR}"  # the port cannot take lone surrogates
_FOR_JIEBA = re.compile(rf"((?<![{_BLOCK}])(?=[{_BLOCK}]*?{_JOINED})[{_BLOCK}]+|[{_ALONE}]+)")
_HAS_SIGN = re.compile(rf"[+#&._%\-{_ALONE}]")
_HAS_FOR_JIEBA = re.compile(rf"{_JOINED}|[{_ALONE}]")

_BATCH_CHARS = 1 << 16
_PARALLEL_CHARS = 8 * _BATCH_CHARS
_loading = Lock()


def cut_words(texts: Sequence[str]) -> list[list[str]]:
    """The words of each text: what ``jieba.cut(text)`` gives, punctuation and blanks included."""
    return list(chain.from_iterable(_by_batches(_cut_batch, texts)))


def count_words(texts: Sequence[str]) -> list[int]:
    """The number of words of each text."""
    return list(chain.from_iterable(_by_batches(_count_batch, texts)))


def tally_words(texts: Sequence[str], frequencies: Counter[str]) -> list[int]:
    """The number of words of each text; adds to ``frequencies`` how often each word occurs."""
    adding = Lock()

    def tally(batch: Sequence[str]) -> list[int]:
        divided, words = _cut_divided(batch)
        with adding:
            _add(divided, words, frequencies)
        return _sizes(divided, words)

    return list(chain.from_iterable(_by_batches(tally, texts)))


def _by_batches(work: Callable[[Sequence[str]], Result], texts: Sequence[str]) -> Iterator[Result]:
    """Results in order. Threads are enough: the port lets go of the interpreter while it cuts a batch."""
    batches = list(in_batches(texts, _BATCH_CHARS))
    if len(batches) * _BATCH_CHARS < _PARALLEL_CHARS:
        yield from map(work, batches)
        return
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as threads:
        yield from threads.map(work, batches)


def in_batches(texts: Sequence[str], least: int) -> Iterator[Sequence[str]]:
    """Texts in order, at least so many characters together but in the last batch."""
    start = characters = 0
    for stop, text in enumerate(texts, start=1):
        characters += len(text)
        if characters >= least:
            yield texts[start:stop]
            start, characters = stop, 0
    if start < len(texts):
        yield texts[start:]


def _cut_batch(texts: Sequence[str]) -> list[list[str]]:
    divided, words = _cut_divided(texts)
    bounds = _bounds(words)
    return [_words(pieces, words, bounds) for pieces in divided]


def _count_batch(texts: Sequence[str]) -> list[int]:
    return _sizes(*_cut_divided(texts))


def _cut_divided(texts: Sequence[str]) -> tuple[list[list[str]], list[str]]:
    """The pieces of every text, and the words of all pieces that are the port's, a separator behind those of each.

    One call of the port for all texts: many small calls take twice the time, and threads wait for one another.
    """
    from rjieba import cut

    divided = [_divide(text) for text in texts]
    words = cut(_SEPARATOR.join(piece for pieces in divided for piece in pieces[::2]))
    words.append(_SEPARATOR)
    return divided, words


def _divide(text: str) -> list[str]:
    """Pieces for the port and pieces for jieba in turn, the port's first."""
    if _HAS_SIGN.search(text) and _HAS_FOR_JIEBA.search(text):
        return _FOR_JIEBA.split(text)
    return [text]


def _bounds(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the words of each piece begin and end."""
    start = 0
    while start < len(words):
        stop = words.index(_SEPARATOR, start)
        yield start, stop
        start = stop + 1


def _words(pieces: Sequence[str], words: Sequence[str], bounds: Iterator[tuple[int, int]]) -> list[str]:
    start, stop = next(bounds)
    found = list(words[start:stop])
    for piece in pieces[1::2]:
        start, stop = next(bounds)
        found += (*_cut_by_jieba(piece), *words[start:stop])
    return found


def _sizes(divided: Sequence[Sequence[str]], words: Sequence[str]) -> list[int]:
    sizes = (stop - start for start, stop in _bounds(words))
    return [next(sizes) + sum(len(_cut_by_jieba(piece)) + next(sizes) for piece in pieces[1::2]) for pieces in divided]


def _add(divided: Sequence[Sequence[str]], words: Sequence[str], frequencies: Counter[str]) -> None:
    """Count all words at once; those of each text apart would take half as long again."""
    separators = sum(len(pieces[::2]) for pieces in divided)
    frequencies.update(words)
    frequencies[_SEPARATOR] -= separators
    if not frequencies[_SEPARATOR]:
        del frequencies[_SEPARATOR]
    frequencies.update(word for pieces in divided for piece in pieces[1::2] for word in _cut_by_jieba(piece))


@lru_cache(maxsize=1 << 14)
def _cut_by_jieba(piece: str) -> list[str]:
    with _loading:
        jieba = _load_jieba()
    return list(jieba.cut(piece))


@cache
def _load_jieba() -> Any:
    """jieba with its dictionary, but without its log and its cache in the folder for temporary files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer
