"""A process that counts words for another: a batch of texts in, their numbers of words a line out.

A batch is a line with its bytes and the characters of each text, and then all texts without anything between them.
After the last batch it says how often each word occurred in all of them.
"""

import json
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import IO, Any

from schemas.words import tally_words


def as_line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def as_batch(texts: bytes, lengths: Sequence[int]) -> bytes:
    return as_line([len(texts), lengths]) + texts


def of_batches(stream: IO[bytes]) -> Iterator[list[str]]:
    """The texts of each batch, until one breaks off: who sent it is gone."""
    while (line := stream.readline()).endswith(b"\n"):
        size, lengths = json.loads(line)
        texts = stream.read(size)
        if len(texts) < size:
            return
        text = texts.decode()
        yield [text[start:stop] for start, stop in pairwise(accumulate(lengths, initial=0))]


def main() -> None:
    """Until nothing more comes; whoever started it hears of Ctrl-C too, and closes what comes. Without it all ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    frequencies: Counter[str] = Counter()
    tally_words([""], frequencies)  # the dictionary is read while the first batch is made
    for texts in of_batches(sys.stdin.buffer):
        sys.stdout.buffer.write(as_line(tally_words(texts, frequencies)))
        sys.stdout.buffer.flush()
    sys.stdout.buffer.write(as_line(frequencies))


if __name__ == "__main__":
    main()
