"""Why no wheel can be had, told by the cause: real pips, and an index that is here, closed, or not trusted."""

from __future__ import annotations

import http.server
import io
import shutil
import socket
import ssl
import subprocess
import sys
import tarfile
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest
from support.packages.wheels import wheel
from support.restores.pip_restores import Bench, room, rows, run

from cortexrepo.ecosystems.pip.restore import restorer as pip
from cortexrepo.machine.live_programs import LiveMachine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing."""

    def log_message(self, *_words: object) -> None:
        """Says nothing."""


@pytest.fixture(name="pages", scope="module")
def _pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index: demo 1.0 as source, 2.0 for another system, 3.0 as a wheel for all."""
    directory = tmp_path_factory.mktemp("index")
    place = directory / "simple/demo"
    place.mkdir(parents=True)
    data = io.BytesIO()
    tarfile.open(fileobj=data, mode="w:gz").close()
    (place / "demo-1.0.tar.gz").write_bytes(data.getvalue())
    (place / "demo-2.0-cp311-cp311-win32.whl").write_bytes(b"")
    made = wheel(directory, "demo", "3.0")
    shutil.copy(made, place / made.name)
    (place / "index.html").write_text("".join(f'<a href="{one.name}">{one.name}</a>' for one in place.iterdir()))
    return directory


@contextmanager
def served(pages: Path, context: ssl.SSLContext | None = None) -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(pages)))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def reason(base: Path, index: str, version: str, **variables: str) -> str:
    """Returns why demo cannot be put in at a version; empty where it can."""
    base = base.resolve()
    settings = base / "home/.config/pip/pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f"[global]\nindex-url = {index}/simple\nretries = 0\ntimeout = 5\n")
    bench = Bench(base / "v", room(base, LiveMachine(variables, str(base / "home"))))
    run([sys.executable, "-m", "venv", "--without-pip", str(bench.environment)], base / "home")
    found = pip.propose(bench.work(rows(demo=version)), bench.room)
    return "; ".join(one.reason for one in found.obstacles)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.0", "the version is offered only as source, which is not built; "),
        ("2.0", "the version is offered only for other versions of Python, or for other machines"),
        ("9.0", "no configured index offers this version: "),
        ("3.0", ""),
    ],
)
def test_what_an_index_has_instead_is_the_reason(tmp_path: Path, pages: Path, version: str, said: str) -> None:
    with served(pages) as port:
        found = reason(tmp_path, f"http://127.0.0.1:{port}", version)
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_an_index_that_cannot_be_reached_is_the_reason(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    found = reason(tmp_path, f"http://127.0.0.1:{port}", "1.0")
    assert found == f"the index 127.0.0.1:{port} cannot be reached: Connection refused"


@pytest.fixture(name="certificate", scope="module")
def _certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl is here to make a certificate")
    directory = tmp_path_factory.mktemp("certificate")
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", "key", "-out", "certificate"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *names],
        cwd=directory, check=True, capture_output=True,
    )  # fmt: skip
    return directory


@pytest.mark.parametrize("variable", ["", "PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_certificate_is_the_reason_and_the_variables_for_it_reach_pip(
    tmp_path: Path, pages: Path, certificate: Path, variable: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate", certificate / "key")
    given = {variable: str(certificate / "certificate")} if variable else {}
    with served(pages, context) as port:
        found = reason(tmp_path, f"https://localhost:{port}", "3.0", **given)
    if variable:
        assert found == ""
    else:
        assert found.startswith(f"the certificate of the index localhost:{port} is not trusted: self")
        assert found.endswith("PIP_CERT")
