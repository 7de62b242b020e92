"""Amounts of memory as people write them: 512M, 2G."""

import re

from schemas.errors import OptionError

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?B)?\s*", re.IGNORECASE)


def bytes_of(option: str, said: str | int) -> int:
    """Bytes of a size; raises OptionError for what is none."""
    found = _SIZE.fullmatch(str(said))
    size = int(float(found[1]) * _UNITS[found[2].upper()]) if found else 0
    if found is None or size < 1:
        raise OptionError(f"--{option} {said}: no amount of memory; expected such as 512M or 2G")
    if not found[2] and not found[3] and size < _UNITS["M"]:
        raise OptionError(f"--{option} {said}: {size:,} bytes; expected a unit, e.g. {said}G; or {said}B if meant so")
    return size
