"""For all tests: one thread of torch; models so small need no more, and one always sums in the same order."""

import os

os.environ["OMP_NUM_THREADS"] = "1"
