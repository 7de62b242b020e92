"""What an engine does of a conversion: the parts, and from the parts the dataset. Both give the same bytes."""

from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any, Protocol

from pipeline.first_pass import FirstPass
from pipeline.job import Job
from pipeline.progress import Progress
from pipeline.spool import Spool


class Engine(Protocol):
    """Where the chunk functions run."""

    def first_pass(self, job: Job, spool: Spool, progress: Progress, untouched: Container[int] = ()) -> FirstPass:
        """Every chunk of every table becomes a part in the spool."""
        ...

    def write_dataset(self, folder: Path, job: Job, first: FirstPass, spool: Spool) -> Mapping[str, Any]:
        """Settle the fates of all records and write the files of the dataset; gives its manifest."""
        ...
