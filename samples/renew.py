"""Renews the golden output of the samples: ``python -m samples.renew [DOMAIN …]``, then read what changed."""

import shutil
import sys
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import prep
from schemas.dataset import DUPLICATES, REJECTED, SPLITS
from schemas.records import DOMAINS, Domain

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = (*(f"{split}.json" for split in SPLITS), REJECTED, DUPLICATES)
"""Files of a dataset folder that depend on nothing but the sources; its manifest knows versions."""


def convert_samples(domain: Domain, out: Path) -> prep.PreparedDataset:
    """As ``prep convert samples/DOMAIN/sources --domain DOMAIN --dev 0.2 --test 0.2`` from the repository root."""
    with chdir(ROOT):
        return prep.convert(f"samples/{domain}/sources", domain=domain, dev=0.2, test=0.2, out=out)


def renew(domain: Domain) -> None:
    golden = ROOT / "samples" / domain / "golden"
    golden.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        dataset = convert_samples(domain, Path(folder))
        for name in GOLDEN:
            shutil.copyfile(dataset.path / name, golden / name)


def main(domains: Sequence[str]) -> None:
    for domain in DOMAINS:
        if not domains or domain in domains:
            renew(domain)


if __name__ == "__main__":
    main(sys.argv[1:])
