"""The Ray engine: what ``--engine ray`` does in the place of the local one. Only this folder knows Ray."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.engine.ray.cluster import require_shared
from pipeline.engine.ray.join import join_pieces
from pipeline.engine.ray.manifest import whole_manifest
from pipeline.engine.ray.parts import Part, parts_in_order
from pipeline.engine.ray.reading import Made, first_pass
from pipeline.engine.ray.settling import SettledLines, partitions, settled_on_cluster
from pipeline.engine.ray.shuffle import spread
from pipeline.engine.ray.stages import Stages
from pipeline.engine.ray.writing import Writing, Written, write_partition
from pipeline.first_pass import FirstPass
from pipeline.job import Job
from pipeline.outcome import require_records, shape_of, tables_of
from pipeline.progress import Progress
from pipeline.publish import write_card_and_manifest
from pipeline.spool import Spool
from schemas.dataset import SPLITS
from schemas.records import Shape

PARTITION_BYTES = 256 << 20


@dataclass(slots=True, kw_only=True)
class RayEngine:
    """Where the chunk functions are tasks."""

    connect: Callable[[], None]
    """Called once, when the cluster is needed (``cluster.connected``)."""
    one_file: bool = False
    """Whether every split is one file; else a folder with a file for every partition."""
    partition_bytes: int = PARTITION_BYTES
    """Of parts that one task writes."""
    stages: Stages = field(default_factory=Stages)
    _made: list[Made] = field(default_factory=list)

    def first_pass(self, job: Job, spool: Spool, progress: Progress, untouched: Container[int] = ()) -> FirstPass:
        """Make the parts; the tables of ``untouched`` are read again, too, but not converted."""
        self.connect()
        require_shared(spool.folder.absolute())
        with self.stages.timed("read and convert"):
            first, self._made = first_pass(job, spool, progress)
        return first

    def write_dataset(self, folder: Path, job: Job, first: FirstPass, spool: Spool) -> Mapping[str, Any]:
        folder = folder.absolute()
        parts = self._parts(spool)
        lines = settled_on_cluster(job, parts, folder.with_name("held"), self.stages)
        shape = shape_of(first, job.options)
        with self.stages.timed("write"):
            written = self._written(folder, job, parts, lines, shape)
        for each in written:
            first.funnel.add(each.funnel)
        require_records(first.funnel)
        with self.stages.timed("join"):
            join_pieces(folder, _beside(folder), one_file=self.one_file)
            manifest = whole_manifest(job, first, lines.settled, written, shape)
        write_card_and_manifest(folder, manifest, in_parts=not self.one_file)
        return manifest

    def _written(self, folder: Path, job: Job, parts: list[Part], lines: SettledLines, shape: Shape) -> list[Written]:
        for path in (_beside(folder), *(folder / split for split in SPLITS)):
            path.mkdir(exist_ok=True)
        writing = Writing(
            folder=folder, beside=_beside(folder), tables=tables_of(job), shape=shape, options=job.options
        )
        return spread(write_partition, [(each, writing) for each in partitions(parts, lines, self.partition_bytes)])

    def _parts(self, spool: Spool) -> list[Part]:
        filled = [part for part in self._made if part.records]
        return parts_in_order(
            [(path.absolute(), part.file, part.records) for path, part in zip(spool.paths(), filled, strict=True)]
        )


def _beside(folder: Path) -> Path:
    """Where pieces of files lie until they are joined."""
    return folder.with_name("pieces")
