"""Tiny real wheels, made in milliseconds without any tool."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_TIME = (2020, 1, 1, 0, 0, 0)


def digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def wheel(
    directory: Path,
    name: str,
    version: str,
    files: Mapping[str, str] | None = None,
    *,
    scripts: Sequence[str] = (),
    requires: Sequence[str] = (),
    tag: str = "py3-none-any",
) -> Path:
    """Writes a wheel of a package with one module that knows its version.

    Args:
        directory: Where it goes; made if it is missing.
        name: As METADATA says it.
        version: The version.
        files: Further files; `{data}` at the start of a path is the wheel's data directory.
        scripts: Names of programs that call the package's `main`.
        requires: What it depends on.
        tag: What interpreters it is for.
    """
    stem = name.replace("-", "_").replace(".", "_")
    info = f"{stem}-{version}.dist-info"
    content = {
        f"{stem}/__init__.py": f"__version__ = {version!r}\n\n\ndef main():\n    print({name!r}, __version__)\n",
        **{path.replace("{data}", f"{stem}-{version}.data"): text for path, text in (files or {}).items()},
        f"{info}/METADATA": "\n".join(
            [
                "Metadata-Version: 2.1",
                f"Name: {name}",
                f"Version: {version}",
                *(f"Requires-Dist: {one}" for one in requires),
                "",
                "",
            ]
        ),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    if scripts:
        content[f"{info}/entry_points.txt"] = "[console_scripts]\n" + "".join(
            f"{one} = {stem}:main\n" for one in scripts
        )
    return archive(directory / f"{stem}-{version}-{tag}.whl", content, f"{info}/RECORD")


def archive(path: Path, content: Mapping[str, str], record: str | None) -> Path:
    """Writes a zip file with these files, and a RECORD of them under that name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoded = {name: text.encode() for name, text in content.items()}
    if record is not None:
        lines = [f"{_quoted(name)},{digest(data)},{len(data)}\n" for name, data in encoded.items()]
        encoded[record] = "".join([*lines, f"{record},,\n"]).encode()
    with zipfile.ZipFile(path, "w") as output:
        for name, data in encoded.items():
            info = zipfile.ZipInfo(name, _TIME)
            info.external_attr = (0o100755 if ".data/scripts/" in name else 0o100644) << 16
            output.writestr(info, data)
    return path


def _quoted(name: str) -> str:
    return f'"{name}"' if "," in name else name


def index(directory: Path) -> None:
    """Writes the wheels of the tests: the same packages in several versions, with all that a wheel can have."""
    for version in ("1.0", "1.1", "2.0"):
        nested = {
            f"cx_lib/deep/er/v{version[0]}.py": "x = 1\n",
            "cx_lib/deep/__init__.py": "",
            "cx_lib/same.py": "y = 1\n",
        }
        wheel(directory, "cx-lib", version, nested)
        data = {
            f"{{data}}/data/share/cx/app-{version}.txt": f"{version}\n",
            "{data}/data/etc/cx/app.conf": f"version = {version}\n",
            "{data}/scripts/cx-shell": f"#!python\nprint('shell', {version!r})\n",
            "{data}/headers/app.h": f"// {version}\n",
            "cx_app/a file, with a comma.txt": "and a space\n",
        }
        wheel(directory, "cx-app", version, data, scripts=["cx-app", f"cx-app{version[0]}"], requires=["cx-lib"])
        wheel(directory, "Cx.Solo", version)
    wheel(directory, "cx-gone", "1.0", scripts=["cx-gone"])
    wheel(directory, "cx-local", "1.0+cpu.1")
    wheel(directory, "cx-local", "1!2.0.post1.dev3")
    # A module that becomes a package, and a directory that becomes a file.
    wheel(directory, "cx-turn", "1.0", {"cx_turned.py": "z = 1\n", "cx_turn/thing/inside.txt": "1\n"})
    wheel(directory, "cx-turn", "2.0", {"cx_turned/__init__.py": "z = 2\n", "cx_turn/thing": "2\n"})
