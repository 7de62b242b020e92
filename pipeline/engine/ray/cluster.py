"""A running Ray cluster, or one of this machine alone: without telemetry, dashboard and progress bars."""

import logging
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from schemas.errors import OptionError

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_USAGE_DISABLED": "1",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_LOG_TO_STDERR": "0",
}
_LISTENS_WITHIN_SECONDS = 10
_ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""A task is given one core; workers of a running cluster have what ``ray start`` had in its environment."""


@contextmanager
def connected(address: str | None, cores: int | None = None) -> Iterator[None]:
    """Hold a connection to the cluster at ``address``, or to one that is started here, with all cores or
    so many, and ends with the context.

    Raises OptionError where nobody answers.
    """
    with _environment(_QUIET if address is not None else {**_QUIET, **_ONE_THREAD}):
        _require_listener(address)
        import ray
        import ray.data

        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        local: dict[str, Any] = {"include_dashboard": False, "num_cpus": cores} if address is None else {}
        try:
            ray.init(address=address or "local", configure_logging=False, log_to_driver=False, **local)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise OptionError(_not_reached(address, error)) from None
        try:
            yield
        finally:
            ray.shutdown()


def _require_listener(address: str | None) -> None:
    """Raise OptionError where nobody listens at all, for which Ray itself waits for minutes."""
    host, colon, port = (address or "").rpartition("://")[2].rpartition(":")
    if not colon or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_LISTENS_WITHIN_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise OptionError(_not_reached(address, error)) from None


@contextmanager
def _environment(names: dict[str, str]) -> Iterator[None]:
    """What Ray and the processes that it starts are to find."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def _not_reached(address: str | None, error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    found = " ".join(said.split())[:200] or type(error).__name__
    if address is None:
        return f"--engine ray: a local cluster cannot be started: {found}"
    return (
        f"--ray-address {address}: no cluster answers ({found}); expected HOST:PORT of ray start --head, or auto; "
        "set RAY_AUTH_MODE=token if it asks for a token"
    )


def require_shared(folder: Path) -> None:
    """Raise OptionError where a machine of the cluster does not see a folder, or has another prep."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as At

    token = folder / f".seen-{uuid.uuid4().hex}"
    token.touch()
    ask = ray.remote(num_cpus=0, max_retries=-1)(_sees)
    try:
        nodes = [(node["NodeManagerHostname"], node["NodeID"]) for node in ray.nodes() if node["Alive"]]
        asked = [ask.options(scheduling_strategy=At(each, soft=True)).remote(token) for _, each in nodes]
        for (host, _), (is_seen, theirs) in zip(nodes, ray.get(asked), strict=True):
            if not is_seen:
                raise OptionError(
                    f"{folder}: not seen by {host}; with --engine ray the dataset is made in a folder that all "
                    "machines share: use --out, or --work for an --out elsewhere"
                )
            if theirs != _version():
                raise OptionError(f"{host}: prep {theirs}, expected {_version()} as here; install the same everywhere")
    finally:
        token.unlink()


def _sees(token: Path) -> tuple[bool, str]:
    return token.exists(), _version()


def _version() -> str:
    try:
        return version("prep-chatglm")
    except PackageNotFoundError:
        return "0"
