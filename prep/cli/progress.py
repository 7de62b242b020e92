"""A progress bar on a terminal, silence on a pipe."""

import sys
from typing import Any


class Bar:
    """Bytes of the sources with rate and time left, and the rows so far."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._rows = 0

    def start(self, total_bytes: int | None) -> None:
        if not sys.stderr.isatty():
            return
        from tqdm import tqdm

        self._bar = tqdm(total=total_bytes or None, unit="B", unit_scale=True, leave=False, file=sys.stderr)

    def advance(self, rows: int, done_bytes: int) -> None:
        if self._bar is None:
            return
        self._rows += rows
        self._bar.update(max(done_bytes - self._bar.n, 0))
        self._bar.set_postfix_str(f"{self._rows:,} rows", refresh=False)

    def finish(self) -> None:
        if self._bar is not None:
            self._bar.close()
