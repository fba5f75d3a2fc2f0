"""The Python of an environment: what it says of itself, and which wheels are for it."""

from __future__ import annotations

import json
import os
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.pip.environments.python_prefix import FREE
from cortexrepo.errors import RestoreError

if TYPE_CHECKING:
    from cortexrepo.ecosystems.pip.environments.layout import Layout
    from cortexrepo.machine.programs import Machine

ISOLATED = ("-I", "-B")
"""Nothing of the user's settings, nothing from the current directory, and no bytecode is written."""
ALONE = ("-I", "-S", "-B")
"""The same, and nothing of what is installed: no `.pth` file is run, no `sitecustomize`. Enough for a question."""

_QUESTION = """import json, sys, sysconfig
print(json.dumps([*sys.version_info[:3], sys.implementation.name,
    sysconfig.get_config_var("SOABI") or "", sysconfig.get_platform()]))"""
_VERSION_PARTS = 2


class Interpreter(NamedTuple):
    """The Python of an environment.

    Attributes:
        path: The program.
        version: Major and minor.
        micro: What follows them: the 2 of 3.11.2.
        implementation: `cpython`, `pypy`.
        abi: What its extension modules are called after: `cpython-311-x86_64-linux-gnu`.
        platform: `linux-x86_64`.
    """

    path: str
    version: tuple[int, int]
    micro: int
    implementation: str
    abi: str
    platform: str

    @property
    def python(self) -> str:
        """The version as the directories of its packages have it: `3.11`, or `3.13t` for one without a global lock."""
        is_free = self.implementation == "cpython" and FREE in "".join(self.abi.split("-")[1:2])
        return ".".join(map(str, self.version)) + (FREE if is_free else "")


def ask(machine: Machine, layout: Layout) -> Interpreter:
    """Starts the environment's interpreter and returns what it says; RestoreError: it does not work, or is another."""
    path = _program(machine, layout)
    done = machine.ask([path, *ALONE, "-c", _QUESTION])
    try:
        major, minor, micro, implementation, abi, platform = json.loads(done.output)
        found = Interpreter(path, (int(major), int(minor)), int(micro), str(implementation), str(abi), str(platform))
    except (ValueError, TypeError) as error:
        last = (done.errors.strip().splitlines() or [f"exit code {done.code}"])[-1]
        raise RestoreError(
            f"{path} does not work: {last}", hint="make the environment again, then `cortex snapshot restore REV`"
        ) from error
    if layout.python and found.python != layout.python:
        raise RestoreError(
            f"{path} is Python {found.python}, but the environment was made for {layout.python}",
            hint=f"make the environment again with Python {layout.python}, then `cortex snapshot restore REV`",
        )
    return found


def tags(interpreter: Interpreter) -> frozenset[str]:
    """Returns the tags of the wheels that an interpreter of this machine takes: `cp311-cp311-linux_x86_64`."""
    from packaging import tags as known  # only when there is something to install

    name, abi, platforms = _kind(interpreter)
    if interpreter.implementation == "cpython":
        found = list(known.cpython_tags(interpreter.version, [abi], platforms))
    else:
        found = list(known.generic_tags(name, [abi], platforms))
    found.extend(known.compatible_tags(interpreter.version, name, platforms))
    return frozenset(map(str, found))


def target(interpreter: Interpreter) -> list[str]:
    """Returns the options of `pip download` that say for which interpreter wheels are wanted, where pip's is another.

    Unlike with `--python`, nothing of pip has to work in that interpreter: Debian 12's does not work in Python 3.12.
    """
    name, abi, platforms = _kind(interpreter)
    version = ".".join(map(str, (*interpreter.version, interpreter.micro)))
    options = ["--implementation", name[:2], "--python-version", version, "--abi", abi]
    return [*options, *(word for platform in platforms for word in ("--platform", platform))]


def _kind(interpreter: Interpreter) -> tuple[str, str, list[str]]:
    """Returns what tags call an interpreter of this machine and its binary interface, and the platforms it takes."""
    from packaging import tags as known

    short = "".join(map(str, interpreter.version))
    name = known.INTERPRETER_SHORT_NAMES.get(interpreter.implementation, interpreter.implementation) + short
    if interpreter.implementation == "cpython":
        abi = "cp" + interpreter.abi.split("-")[1] if "-" in interpreter.abi else name
    else:
        abi = "_".join(interpreter.abi.split("-")[:2])
    return name, abi, list(known.platform_tags())


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
            f"the interpreter {missing} was not found",
            hint=f"make the environment again with Python {layout.python}, then `cortex snapshot restore REV`",
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
