"""A hub on loopback that holds one data set: as much of its API as pushing, validating a card and reading back need."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

COMMIT = "c0ffee" + "0" * 34


class Hub:
    """What was pushed, and what was asked on the way."""

    def __init__(self, repo: str, *, refuse: int = 0) -> None:
        self.repo, self.refuse = repo, refuse
        self.files: dict[str, bytes] = {}
        self.stored: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.private: bool | None = None
        self.endpoint = ""

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        self.asked.append(f"{method} {path}")
        if self.refuse:
            return self.refuse, {"error": "Invalid username or password."}
        routes = {
            r"POST /api/repos/create": self._create,
            r"POST /api/validate-yaml": self._validate,
            r"POST /api/datasets/[^/]+/[^/]+/preupload/.*": self._modes,
            r"POST /datasets/.*/info/lfs/objects/batch": self._batch,
            r"POST /api/datasets/[^/]+/[^/]+/commit/.*": self._commit,
            r"POST /api/datasets/[^/]+/[^/]+/paths-info/.*": self._paths,
            r"GET /api/datasets/[^/]+/[^/]+/tree/.*": lambda _: [self._entry(name) for name in sorted(self.files)],
            r"GET /api/datasets/[^/]+/[^/]+(?:/revision/[^/]+)?": self._info,
        }
        if method == "PUT":
            self.stored[hashlib.sha256(body).hexdigest()] = body
            return 200, {}
        found = next((route for pattern, route in routes.items() if re.fullmatch(pattern, f"{method} {path}")), None)
        if found is None:
            return 404, {"error": "not here"}
        given = found(body)
        return 400 if isinstance(given, dict) and given.get("errors") else 200, given

    def _create(self, body: bytes) -> Mapping[str, Any]:
        self.private = json.loads(body).get("private") or json.loads(body).get("visibility") == "private"
        return {"url": f"{self.endpoint}/datasets/{self.repo}", "name": self.repo, "id": "1"}

    def _validate(self, body: bytes) -> Mapping[str, Any]:
        head = yaml.safe_load(json.loads(body)["content"].split("---")[1])
        missing = [name for name in ("license", "configs", "dataset_info") if name not in head]
        return {"errors": [{"message": f"no {name}"} for name in missing], "warnings": []}

    def _modes(self, body: bytes) -> Mapping[str, Any]:
        paths = [file["path"] for file in json.loads(body)["files"]]
        mode = {True: "lfs", False: "regular"}
        files = [{"path": path, "uploadMode": mode[path.endswith(".parquet")], "shouldIgnore": False} for path in paths]
        return {"files": files, "commitOid": COMMIT}

    def _batch(self, body: bytes) -> Mapping[str, Any]:
        objects = [
            {**each, "actions": {"upload": {"href": f"{self.endpoint}/lfs/{each['oid']}", "header": {}}}}
            for each in json.loads(body)["objects"]
        ]
        return {"transfer": "basic", "objects": objects}

    def _commit(self, body: bytes) -> Mapping[str, Any]:
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.files[value["path"]] = self.stored[value["oid"]]
            elif line["key"] == "deletedFile":
                del self.files[value["path"]]
        url = f"{self.endpoint}/datasets/{self.repo}/commit/{COMMIT}"
        return {"success": True, "commitOid": COMMIT, "commitUrl": url}

    def _entry(self, name: str) -> Mapping[str, Any]:
        return {"type": "file", "path": name, "size": len(self.files[name]), "oid": COMMIT}

    def _paths(self, body: bytes) -> list[Mapping[str, Any]]:
        text = body.decode()
        asked = json.loads(text)["paths"] if text.startswith("{") else [unquote(text.partition("paths=")[2])]
        return [self._entry(name) for name in asked if name in self.files]

    def _info(self, _: bytes) -> Mapping[str, Any]:
        siblings = [{"rfilename": name} for name in self.files]
        return {"id": self.repo, "sha": COMMIT, "private": True, "siblings": siblings, "tags": [], "downloads": 0}


@contextmanager
def hub(repo: str, *, refuse: int = 0) -> Iterator[Hub]:
    """It answers on a free port of this machine for as long as the context lasts."""
    held = Hub(repo, refuse=refuse)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def _serve(self) -> None:
            path = urlsplit(self.path).path
            body = self._body()
            if found := re.fullmatch(r"/datasets/[^/]+/[^/]+/resolve/[^/]+/(.+)", path):
                self._file(unquote(found[1]))
                return
            status, answer = held.answer(self.command, path, body)
            self._send(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})

        do_GET = do_POST = do_PUT = do_HEAD = _serve

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _file(self, name: str) -> None:
            if name not in held.files:
                self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"})
                return
            whole, part = held.files[name], re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            head = {"ETag": f'"{hashlib.sha256(whole).hexdigest()}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
            if part is None:
                self._send(200, whole, head)
                return
            start, end = int(part[1]), min(int(part[2] or len(whole) - 1), len(whole) - 1)
            head["Content-Range"] = f"bytes {start}-{end}/{len(whole)}"
            self._send(206, whole[start : end + 1], head)

        def _send(self, status: int, content: bytes, head: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {**head, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.endpoint = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
