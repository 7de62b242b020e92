"""The engine that is asked for; Ray is looked for, and its cluster started, only where it is."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Literal

from pipeline.engine.engine import Engine
from schemas.errors import OptionError

Name = Literal["local", "ray"]


@contextmanager
def chosen(name: Name = "local", address: str | None = None, *, one_file: bool = False) -> Iterator[Engine | None]:
    """The engine, None for this machine; the cluster is connected when it is first needed, until the context ends.

    Raises OptionError where there is no Ray, or it has no use for the options.
    """
    if name == "local":
        if address is not None:
            raise OptionError(f"--ray-address {address}: needs --engine ray beside it")
        yield None
        return
    if find_spec("ray") is None:
        raise OptionError("--engine ray: Ray is not installed; pip install 'prep-chatglm[ray]'")
    from pipeline.engine.ray.cluster import connected
    from pipeline.engine.ray.engine import RayEngine

    with ExitStack() as held:
        yield RayEngine(connect=lambda: held.enter_context(connected(address)), one_file=one_file)
