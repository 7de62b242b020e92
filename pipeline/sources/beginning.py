"""The first bytes of a file, as an error shows them."""

import codecs

_SHOWN = 40


def beginning(head: bytes) -> str:
    """In quotes: text as it is, bytes that are none by their numbers."""
    start = head[:_SHOWN].partition(b"\n")[0]
    try:
        return repr(codecs.getincrementaldecoder("utf-8")().decode(start))  # the last character may be cut off
    except UnicodeDecodeError:
        return repr(start).removeprefix("b")
