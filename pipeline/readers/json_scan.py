"""Where the elements of a JSON array start and end, found in whole blocks of bytes without parsing them."""

from dataclasses import dataclass

import numpy as np

from pipeline.arrays import Numbers

_QUOTE, _BACKSLASH, _FEED = ord('"'), ord("\\"), ord("\n")
_DEPTH = np.zeros(256, dtype=np.int8)
_DEPTH[[ord("["), ord("{")]] = 1
_DEPTH[[ord("]"), ord("}")]] = -1
_IS_BRACKET = _DEPTH != 0


@dataclass(frozen=True, slots=True)
class Scan:
    """The complete elements at the start of a block."""

    starts: Numbers
    """First byte of every element: its bracket."""
    ends: Numbers
    """One past the last byte of every element."""
    closed_at: int | None
    """Where the bracket stands that closes the array around the elements."""
    torn: bool
    """A line feed stands inside a string, so a quote is missing: what is found behind it cannot be trusted."""


def scan_elements(data: bytes) -> Scan:
    """Find the elements of a block that starts between two of them (after ``[`` or a comma).

    Elements are objects and arrays; numbers and strings between them are passed over.
    """
    block = np.frombuffer(data, dtype=np.uint8)
    quotes = _real_quotes(block)
    brackets = np.flatnonzero(_IS_BRACKET[block])
    brackets = brackets[np.searchsorted(quotes, brackets) % 2 == 0]
    feeds = np.flatnonzero(block == _FEED)
    in_string = feeds[np.searchsorted(quotes, feeds) % 2 == 1]
    depth = np.cumsum(_DEPTH[block[brackets]], dtype=np.int64)
    below = np.flatnonzero(depth < 0)
    closed_at = int(brackets[below[0]]) if len(below) else None
    if closed_at is not None:
        brackets, depth = brackets[: below[0]], depth[: below[0]]
    ends = np.flatnonzero(depth == 0)
    starts = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1] + 1)) if len(ends) else ends
    last = int(brackets[ends[-1]]) if len(ends) else 0
    torn = bool(len(in_string) and (in_string[0] < last or not len(ends)))
    return Scan(brackets[starts], brackets[ends] + 1, closed_at, torn)


def _real_quotes(block: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> Numbers:
    """Positions of the quotes that open or close a string: an odd number of backslashes before one escapes it."""
    quotes = np.flatnonzero(block == _QUOTE)
    if not len(quotes):
        return quotes
    after_slash = quotes[(quotes > 0) & (block[quotes - 1] == _BACKSLASH)]
    if not len(after_slash):
        return quotes
    slashes = np.flatnonzero(block == _BACKSLASH)
    is_first = np.concatenate((np.ones(1, dtype=np.bool_), np.diff(slashes) > 1))
    run_starts = np.maximum.accumulate(np.where(is_first, slashes, 0))
    runs = after_slash - run_starts[np.searchsorted(slashes, after_slash) - 1]
    escaped = after_slash[runs % 2 == 1]
    return quotes[~np.isin(quotes, escaped, assume_unique=True)]


def one_a_line(data: bytes, scan: Scan) -> bytes:
    """The elements as JSON Lines."""
    flat = data.replace(b"\n", b" ")
    return b"\n".join(flat[start:end] for start, end in zip(scan.starts, scan.ends, strict=True))


def between(data: bytes, scan: Scan) -> bytes:
    """What stands before and between the elements: commas and white space, if all is well."""
    edges = zip(np.concatenate((np.zeros(1, dtype=np.int64), scan.ends[:-1])), scan.starts, strict=True)
    return b"".join(data[start:end] for start, end in edges)
