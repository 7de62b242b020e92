"""A tool beside which ours is measured."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Measured

HOME = Path("build/peers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    name: str
    about: str
    """Its line of the table."""
    packages: tuple[str, ...]
    """What pip installs."""
    run: Callable[[Path], Measured]
    """Its job on a corpus; the last line of what it prints may be ``kept 171,882``."""
    without: tuple[str, ...] = ()
    """What pip takes away again: wheels that ask for CUDA do not load beside a torch that has none."""

    @property
    def home(self) -> Path:
        return HOME / self.name

    @property
    def python(self) -> Path:
        return self.home / "bin" / "python"


def work(name: str) -> Path:
    """Where a tool writes."""
    return HOME / "work" / name


def script(name: str) -> str:
    """The path of a job of ours that runs in the environment of the tool."""
    return str(Path(__file__).parent / "jobs" / f"{name}.py")
