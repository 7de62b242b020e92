"""Other tools on the corpus of the benchmark, each in a virtual environment of its own under ``build/peers``."""
