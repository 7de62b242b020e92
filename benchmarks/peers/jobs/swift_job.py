"""Runs inside the environment of ms-swift: its columns and its split of a file. python swift_job.py FILE"""

import sys

from swift.dataset import load_dataset

WORKERS = 2
COLUMNS = {"title": "query", "abstract": "response"}


def main(source: str) -> None:
    train, held_out = load_dataset(
        [source], split_dataset_ratio=0.1, num_proc=WORKERS, columns=COLUMNS, load_from_cache_file=False
    )
    print(f"kept {len(train) + len(held_out):,}")


if __name__ == "__main__":
    main(sys.argv[1])
