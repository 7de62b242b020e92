"""Where a row came from: the two columns that travel with every row and record."""

from collections.abc import Mapping

import polars as pl

ROW = "__row__"
"""Number of the source row, from 1: line of a line-based file (header and preamble counted), element of an array."""
OFFSET = "__offset__"
"""Byte at which the row starts in its (decompressed) source; null where the container has no such thing."""
PLACE: Mapping[str, pl.DataType] = {ROW: pl.UInt64(), OFFSET: pl.Int64()}
