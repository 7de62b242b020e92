"""Every tool beside which ours is measured; ``python -m benchmarks.peers.registry`` installs what is missing."""

import argparse
import subprocess
import sys

from benchmarks.peers.datajuicer import DATA_JUICER
from benchmarks.peers.datatrove import DATATROVE
from benchmarks.peers.mappers import LLAMA_FACTORY, MS_SWIFT
from benchmarks.peers.peer import Peer

PEERS = (DATATROVE, DATA_JUICER, MS_SWIFT, LLAMA_FACTORY)
_SECONDS = 600


def installed(peer: Peer) -> bool:
    return (peer.home / ".installed").exists()


def install(peer: Peer, seconds: int = _SECONDS) -> str:
    """Install a tool in an environment of its own; gives one line that says what came of it."""
    if installed(peer):
        return f"{peer.name}: installed already"
    peer.home.parent.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", str(peer.home)], check=True, timeout=seconds)
        pip = [str(peer.python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        orders = [["install", *peer.packages], *([["uninstall", "--yes", *peer.without]] if peer.without else [])]
        for order in orders:
            subprocess.run([*pip, *order], check=True, timeout=seconds, capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        return f"{peer.name}: not installed: pip was not done after {seconds} seconds"
    except subprocess.CalledProcessError as error:
        why = (str(error.stderr or error).strip().splitlines() or [str(error)])[-1]
        return f"{peer.name}: not installed: {why}"
    (peer.home / ".installed").touch()
    return f"{peer.name}: installed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peers", nargs="*", choices=[[], *(peer.name for peer in PEERS)], default=[])
    parser.add_argument("--seconds", type=int, default=_SECONDS, help="for each of them")
    arguments = parser.parse_args()
    for peer in PEERS:
        if not arguments.peers or peer.name in arguments.peers:
            print(install(peer, arguments.seconds), flush=True)


if __name__ == "__main__":
    main()
