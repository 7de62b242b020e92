"""For all tests: one thread of torch, because so small models need no more and one always sums in the same order.

Where more are asked for, those that wait do not spin.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
