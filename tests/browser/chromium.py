"""Headless Chromium, spoken to over its own pipe (DevTools protocol): no driver, no library, no open port."""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)
PATIENCE_SECONDS = 60.0


def find_chromium() -> str | None:
    """Where it is installed; some systems have a command of that name that only says how to install it."""
    for place in filter(None, map(shutil.which, ("chromium", "chromium-browser"))):
        told = subprocess.run([place, "--version"], capture_output=True, check=False, text=True)
        if told.returncode == 0 and "Chromium" in told.stdout:
            return place
    return None


@dataclass(slots=True)
class Chromium:
    """A browser with one page."""

    writing: int
    reading: int
    session: str = ""
    requests: list[str] = field(default_factory=list)
    """Addresses of everything that the page asked for, in order."""
    complaints: list[str] = field(default_factory=list)
    """Errors of scripts, and what the page's own security policy refused."""
    _number: int = 0
    _rest: bytes = b""

    def call(self, method: str, **parameters: Any) -> Any:
        """Ask, and wait for the answer; what happens meanwhile is noted."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writing, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def open(self, page: Path, width: int, *, height: int = 900) -> None:
        """Load a page in a window, or on a telephone, of so many pixels."""
        is_phone = width < 600
        self.requests.clear()
        self.complaints.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_phone
        )
        self.call("Page.navigate", url=page.resolve().as_uri())
        self.wait_for("document.readyState == 'complete' && location.protocol == 'file:'")
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def run(self, script: str) -> Any:
        """The value of an expression in the page, whatever its security policy forbids to itself."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(f"{script}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def wait_for(self, script: str) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not self.run(script):
            if time.monotonic() > until:
                raise TimeoutError(script)
            time.sleep(0.02)

    def press(self, key: str, text: str = "") -> None:
        """A key of the keyboard."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, text=text if kind == "keyDown" else "")

    def screenshot(self, path: Path) -> Path:
        """The whole page, also what is below the window."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))
        return path

    def print_pdf(self) -> bytes:
        """The page on paper (A4)."""
        found = self.call(
            "Page.printToPDF", printBackground=False, preferCSSPageSize=True, paperWidth=8.27, paperHeight=11.69
        )
        return base64.b64decode(found["data"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            if not select.select([self.reading], [], [], PATIENCE_SECONDS)[0]:
                raise TimeoutError("Chromium does not answer")
            data = os.read(self.reading, 1 << 20)
            if not data:
                raise RuntimeError("Chromium has ended")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message

    def _note(self, event: dict[str, Any]) -> None:
        of = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(of["request"]["url"])
        elif event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(of["exceptionDetails"]["text"])
        elif event.get("method") == "Log.entryAdded":
            self.complaints.append(of["entry"]["text"])


@contextlib.contextmanager
def chromium(profile: Path) -> Iterator[Chromium]:
    """Start one with an empty profile, and end it with all of its processes."""
    there, ours = _high_pipe()
    mine, theirs = _high_pipe()
    command = [find_chromium() or "chromium", *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(
        ["bash", "-c", f'exec "$@" 3<&{there} 4>&{theirs}', "bash", *command],
        pass_fds=(there, theirs),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(there)
    os.close(theirs)
    try:
        browser = Chromium(writing=ours, reading=mine)
        _attach(browser)
        yield browser
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(ours)
        os.close(mine)


def _high_pipe() -> tuple[int, int]:
    """Both ends above 3 and 4, on which Chromium listens and speaks."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return high[0], high[1]


def _attach(browser: Chromium) -> None:
    """To the page that is open from the start."""
    [page] = [each for each in browser.call("Target.getTargets")["targetInfos"] if each["type"] == "page"]
    browser.session = browser.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
    for domain in ("Page", "Network", "Runtime", "Log"):
        browser.call(f"{domain}.enable")
