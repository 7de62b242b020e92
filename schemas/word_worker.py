"""A process that counts words for another: a batch of texts a line in, their numbers of words a line out.

After the last batch it says how often each word occurred in all of them.
"""

import json
import signal
import sys
from collections import Counter
from typing import Any

from schemas.words import tally_words


def as_line(value: Any) -> bytes:
    """JSON without line feeds; texts may hold lone surrogates."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def of_line(line: bytes) -> Any:
    return json.loads(line.decode("utf-8", "surrogatepass"))


def main() -> None:
    """Until nothing more comes; whoever started it hears of Ctrl-C too, and closes what comes. Without it all ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    frequencies: Counter[str] = Counter()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(as_line(tally_words(of_line(line), frequencies)))
        sys.stdout.buffer.flush()
    sys.stdout.buffer.write(as_line(frequencies))


if __name__ == "__main__":
    main()
