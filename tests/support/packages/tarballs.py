"""Real npm tarballs in a few lines, and a registry that offers them on this machine alone."""

from __future__ import annotations

import base64
import gzip
import hashlib
import http.server
import io
import json
import tarfile
import threading
import urllib.parse
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def tarball(name: str, version: str, files: Mapping[str, str] | None = None, **description: object) -> bytes:
    """Returns a package's tarball: `package.json`, a program `cli.js` that says the version, and `files`."""
    described = {"name": name, "version": version, "main": "cli.js", **description}
    program = f"#!/usr/bin/env node\nconsole.log({version!r})\n"
    contents = {"package.json": json.dumps(described), "cli.js": program, **(files or {})}
    return archive(("package/" + path, text.encode()) for path, text in contents.items())


def archive(members: Iterable[tuple[str | tarfile.TarInfo, bytes]]) -> bytes:
    """Returns a gzipped tar of what is given: regular files by name, or anything as a `TarInfo`."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as made:
        for member, content in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            if info.isreg():
                info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), mtime=0)


def described(content: bytes) -> dict[str, object]:
    """Returns the package.json of a tarball."""
    with tarfile.open(fileobj=io.BytesIO(content)) as opened:
        file = opened.extractfile("package/package.json")
        assert file is not None
        found = json.load(file)
    assert isinstance(found, dict)
    return found


class Registry:
    """An npm registry on 127.0.0.1, in threads of this process. A context manager."""

    def __init__(self, *tarballs: bytes, port: int = 0) -> None:
        self.offered: dict[str, dict[str, bytes]] = {}
        self.asked: list[str] = []
        for content in tarballs:
            self.offer(content)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.address = f"http://127.0.0.1:{self._server.server_port}/"

    def offer(self, content: bytes) -> None:
        """Adds one version of one package."""
        found = described(content)
        self.offered.setdefault(str(found["name"]), {})[str(found["version"]).partition("+")[0]] = content

    def withdraw(self, name: str, *versions: str) -> None:
        """Takes versions away, as registries do."""
        for version in versions:
            del self.offered[name][version]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, path: str) -> bytes | None:
        name, _, file = urllib.parse.unquote(path).lstrip("/").partition("/-/")
        versions = self.offered.get(name)
        if not versions:
            return None
        if not file:
            return json.dumps(self._packument(name, versions)).encode()
        return versions.get(file.removesuffix(".tgz")[len(name.rpartition("/")[2]) + 1 :])

    def _packument(self, name: str, versions: Mapping[str, bytes]) -> dict[str, object]:
        return {
            "name": name,
            "dist-tags": {"latest": max(versions)},
            "versions": {version: self._version(name, version, content) for version, content in versions.items()},
        }

    def _version(self, name: str, version: str, content: bytes) -> dict[str, object]:
        digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
        address = f"{self.address}{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        found = {**described(content), "dist": {"tarball": address, "integrity": f"sha512-{digest}"}}
        scripts = found.get("scripts")
        if isinstance(scripts, dict) and scripts.keys() & {"preinstall", "install", "postinstall"}:
            found["hasInstallScript"] = True
        return found

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Says nothing."""

            def do_GET(self) -> None:
                registry.asked.append(self.path)
                body = registry._answer(self.path)
                self.send_response(404 if body is None else 200)
                content = b"{}" if body is None else body
                self.send_header("Content-Type", "application/json" if "/-/" not in self.path else "application/gzip")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        return Handler
