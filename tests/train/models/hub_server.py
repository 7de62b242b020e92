"""A hub on the loopback device: as much of its protocol as fetching a model takes."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class _Handler(BaseHTTPRequestHandler):
    files: Mapping[str, bytes]
    model: str
    refusals: Mapping[str, tuple[int, str]]
    """Beginning of a path -> status and error code."""
    asked: list[str]

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, *_: object) -> None:
        """Keeps the test's output clean."""

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(path)
        status, headers, body = self._found(path)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _found(self, path: str) -> tuple[int, dict[str, str], bytes]:
        for beginning, (status, code) in self.refusals.items():
            if path.startswith(beginning):
                return status, {"X-Error-Code": code, "X-Error-Message": code}, b"{}"
        api, resolve = f"/api/models/{self.model}", f"/{self.model}/resolve/{COMMIT}/"
        if path.startswith(f"{api}/tree/"):
            return 200, {}, json.dumps([_entry(name, body) for name, body in self.files.items()]).encode()
        if path in (api, f"{api}/revision/main"):
            siblings = [{"rfilename": name, "size": len(body)} for name, body in self.files.items()]
            return 200, {}, json.dumps({"id": self.model, "sha": COMMIT, "siblings": siblings}).encode()
        if path.startswith(resolve) and path.removeprefix(resolve) in self.files:
            body = self.files[path.removeprefix(resolve)]
            return 200, {"X-Repo-Commit": COMMIT, "ETag": f'"{sha1(body).hexdigest()}"'}, body  # noqa: S324
        return 404, {"X-Error-Code": "RepoNotFound"}, b"{}"


def _entry(name: str, body: bytes) -> dict[str, object]:
    return {"type": "file", "path": name, "size": len(body), "oid": sha1(body).hexdigest()}  # noqa: S324


@contextmanager
def serving(
    model: str, files: Mapping[str, bytes], refusals: Mapping[str, tuple[int, str]] | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Its address, and the paths that it was asked for."""
    asked: list[str] = []
    handler = type("Handler", (_Handler,), {"files": files, "model": model, "refusals": refusals or {}, "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
