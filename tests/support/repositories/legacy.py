"""What the old tool left behind, written as it wrote it: nobody's own snapshots are copied."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

APT = [{"name": "bash", "version": "5.2.15-2"}, {"name": "openssl", "version": "3.0.11-1"}]
PIP = [{"name": "pip", "version": "23.0.1"}, {"name": "Jinja2", "version": "3.1.2"}]
NPM = [{"name": "npm", "version": "11.0.0"}, {"name": "@org/x", "version": "1.0.0"}]
INFO = {"pretty_name": "Debian GNU/Linux 12 (bookworm)", "id": "debian", "kernel": "6.1.0-18-amd64", "arch": "x86_64"}
GOOD = "20251222_150000_aaaaaaaa"
TIME = "2025-12-22T15:00:01.250999"


def document(name: str = GOOD, **changes: object) -> dict[str, object]:
    """Returns the JSON object of one snapshot, with these fields changed or added."""
    packages = {"apt": APT, "pip": PIP, "npm": NPM}
    return {
        "id": name,
        "timestamp": TIME,
        "description": "before cuda",
        "packages": packages,
        "system_info": INFO,
        "file_count": 6,
        "size_bytes": 0,
        **changes,
    }


def text(name: str = GOOD, **changes: object) -> bytes:
    """Returns the file of one snapshot, as the old tool formatted it."""
    return json.dumps(document(name, **changes), indent=2).encode()


def write(directory: Path, name: str = GOOD, data: bytes | None = None, **changes: object) -> Path:
    """Writes one snapshot below the old tool's directory, with `data` for its file, and returns the file."""
    folder = directory / name
    folder.mkdir(parents=True, mode=0o700)
    file = folder / "metadata.json"
    file.write_bytes(text(name, **changes) if data is None else data)
    file.chmod(0o600)
    return file
