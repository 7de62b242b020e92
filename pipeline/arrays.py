"""Types of numpy arrays; ``numpy.typing`` would take half as long to load as numpy itself."""

import numpy as np

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
