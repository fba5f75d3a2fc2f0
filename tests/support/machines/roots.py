"""A small machine in a directory: the files of dpkg, one virtual environment and one npm prefix."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

APT = {"bash": "5.2.15-2", "openssl": "3.0.11-1"}
PIP = {"requests": "2.31.0"}
NPM = {"left-pad": "1.3.0"}
VENV = "/opt/venv"


def make_root(
    path: Path,
    *,
    apt: Mapping[str, str] = APT,
    pip: Mapping[str, str] = PIP,
    npm: Mapping[str, str] = NPM,
) -> Path:
    """Makes a root at `path` with these packages and versions, or changes the one that is there; returns it."""
    _file(path / "etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    _file(path / "etc/hostname", "testing\n")
    _file(path / "etc/os-release", 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')
    _dpkg(path, apt)
    _venv(path / VENV.lstrip("/"), pip)
    _prefix(path / "usr/lib/node_modules", npm)
    return path


def hold(path: Path, name: str) -> None:
    """Puts a package on hold, as `apt-mark hold` does."""
    status = path / "var/lib/dpkg/status"
    text = status.read_text(encoding="utf-8")
    before = f"Package: {name}\nStatus: install ok"
    assert before in text
    status.write_text(text.replace(before, f"Package: {name}\nStatus: hold ok"), encoding="utf-8")


def _dpkg(path: Path, packages: Mapping[str, str]) -> None:
    rows = [
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
        f"Maintainer: nobody <nobody@example.org>\nDescription: {name}\n"
        for name, version in packages.items()
    ]
    _file(path / "var/lib/dpkg/status", "\n".join(rows))
    _file(path / "var/lib/dpkg/arch", "amd64\n")
    for old in path.glob("var/lib/dpkg/info/*.list"):
        old.unlink()
    for name in packages:
        _file(path / f"var/lib/dpkg/info/{name}.list", "/.\n")


def _venv(path: Path, packages: Mapping[str, str]) -> None:
    _file(path / "pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n")
    _file(path / "bin/python3", "")
    site = path / "lib/python3.11/site-packages"
    site.mkdir(parents=True, exist_ok=True)
    for old in site.iterdir():
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
    for name, version in packages.items():
        place = site / f"{name.replace('-', '_')}-{version}.dist-info"
        _file(place / "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        _file(place / "INSTALLER", "pip\n")
        _file(place / "RECORD", "")


def _prefix(path: Path, packages: Mapping[str, str]) -> None:
    for name, version in packages.items():
        _file(path / name / "package.json", json.dumps({"name": name, "version": version}))


def _file(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
