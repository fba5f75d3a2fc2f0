"""The Python of an environment: what it says of itself, and which wheels are for it."""

from __future__ import annotations

import json
import os
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.errors import RestoreError

if TYPE_CHECKING:
    from cortexrepo.restore.machine import Machine
    from cortexrepo.restore.pip_layout import Layout

ISOLATED = ("-I", "-B")
"""Nothing of the user's settings, nothing from the current directory, and no bytecode is written."""

_QUESTION = """import json, sys, sysconfig
print(json.dumps([sys.version_info[0], sys.version_info[1], sys.implementation.name,
    sysconfig.get_config_var("SOABI") or "", sysconfig.get_platform()]))"""
_VERSION_PARTS = 2


class Interpreter(NamedTuple):
    """The Python of an environment.

    Attributes:
        path: The program.
        version: Major and minor.
        implementation: `cpython`, `pypy`.
        abi: What its extension modules are called after: `cpython-311-x86_64-linux-gnu`.
        platform: `linux-x86_64`.
    """

    path: str
    version: tuple[int, int]
    implementation: str
    abi: str
    platform: str


def ask(machine: Machine, layout: Layout) -> Interpreter:
    """Starts the environment's interpreter and returns what it says; RestoreError: it does not work, or is another."""
    path = _program(machine, layout)
    done = machine.run([path, *ISOLATED, "-c", _QUESTION])
    try:
        major, minor, implementation, abi, platform = json.loads(done.output)
        found = Interpreter(path, (int(major), int(minor)), str(implementation), str(abi), str(platform))
    except (ValueError, TypeError) as error:
        last = (done.errors.strip().splitlines() or [f"exit code {done.code}"])[-1]
        raise RestoreError(f"{path} does not work: {last}", hint="make the environment anew, then restore") from error
    if layout.python and ".".join(map(str, found.version)) != layout.python:
        raise RestoreError(f"{path} is Python {major}.{minor}, but the environment was made for {layout.python}")
    return found


def tags(interpreter: Interpreter) -> frozenset[str]:
    """Returns the tags of the wheels that an interpreter of this machine takes: `cp311-cp311-linux_x86_64`."""
    from packaging import tags as known  # only when there is something to install

    version = interpreter.version
    short = "".join(map(str, version))
    platforms = list(known.platform_tags())
    if interpreter.implementation == "cpython":
        name = f"cp{short}"
        abi = "cp" + interpreter.abi.split("-")[1] if "-" in interpreter.abi else name
        found = list(known.cpython_tags(version, [abi], platforms))
    else:
        name = f"{interpreter.implementation[:2]}{short}"
        found = list(known.generic_tags(name, ["_".join(interpreter.abi.split("-")[:2])], platforms))
    found.extend(known.compatible_tags(version, name, platforms))
    return frozenset(map(str, found))


def _program(machine: Machine, layout: Layout) -> str:
    version = f"python{layout.python}"
    own = [f"{layout.prefix}/bin/{name}" for name in (("python", "python3", version) if layout.own else (version,))]
    for path in own:
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    found = None if layout.own else machine.find(version)
    if found is None:
        missing = own[0] if layout.own else version
        raise RestoreError(
            f"{missing} is not there any more", hint=f"make the environment anew with Python {layout.python}"
        )
    return found


def shebang(layout: Layout, interpreter: Interpreter) -> str:
    """Returns the interpreter's path as the programs of the environment name it: as most of those that are there do."""
    counts = {interpreter.path: 0}
    for name in _names(layout.scripts):
        try:
            with open(f"{layout.scripts}/{name}", "rb") as file:
                line = file.readline(512)
        except OSError:
            continue
        path = os.fsdecode(line[2:].strip()) if line.startswith(b"#!") else ""
        if _is_same_python(path, interpreter):
            counts[path] = counts.get(path, 0) + 1
    return max(counts, key=lambda path: counts[path])


def _is_same_python(path: str, interpreter: Interpreter) -> bool:
    if not path.startswith("/") or not posixpath.basename(path).startswith("python") or " " in path:
        return False
    if posixpath.normpath(path) != path or not os.access(path, os.X_OK):
        return False
    # Not only the same program: a virtual environment is where its link is.
    one, other = (os.path.realpath(posixpath.dirname(name)) for name in (path, interpreter.path))
    return one == other and os.path.realpath(path) == os.path.realpath(interpreter.path)


def _names(directory: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(directory) if os.path.isfile(f"{directory}/{name}"))
    except OSError:
        return []
