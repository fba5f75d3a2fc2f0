"""Collecting: every ecosystem of a machine into one inventory."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.errors import EnvironmentPathError, RequestError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model import environment as environment_names
from cortexrepo.model.inventory import Inventory
from cortexrepo.recording.apart import apart
from cortexrepo.recording.looking import looked
from cortexrepo.recording.reading import line
from cortexrepo.recording.view import Alone, is_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cortexrepo.machine.evidence import Evidence
    from cortexrepo.machine.files import System
    from cortexrepo.machine.rooted_files import RootedSystem
    from cortexrepo.model.inventory import Reading
    from cortexrepo.recording.view import View


_DIRECTORIES = ("bin", "etc", "home", "opt", "root", "srv", "usr", "var")
"""What is in the root directory of a machine, at least one of it."""


def collect(
    root: str | os.PathLike[str] = "/",
    *,
    only: Sequence[str] | None = None,
    environments: Sequence[str] = (),
    known: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Inventory:
    """Reads what is installed, from the package managers' own files. Starts no program and changes nothing.

    What cannot be read is in the inventory as failed or partial, with the reason; it is never an error. What belongs to
    another user is read by root in a process that has become that user.

    Args:
        root: `/` for this machine, else a mounted image or a chroot: nothing outside it is read.
        only: The ecosystems to read; all by default.
        environments: Paths of environments to read besides those that are found.
        known: Environments by the names that slots have for them, passed over where nothing is there any more.
        environment: Variables such as `PYENV_ROOT`; by default the process's for `/`, none for another root.

    Raises:
        EcosystemError: `only` names one that is not known.
        EnvironmentPathError: One of `environments` holds no environment.
        RequestError: `root` is not a directory that can be opened.
    """
    view = view_of(os.fspath(root), environment)
    return gather(view, only=only, environments=environments, known=known)[0]


def gather(
    view: View,
    *,
    only: Sequence[str] | None = None,
    environments: Sequence[str] = (),
    known: Sequence[str] = (),
    started_ns: int = 0,
) -> tuple[Inventory, Evidence | None]:
    """Returns what `collect` does of a view, which is closed then, and the evidence that the view remembers.

    Args:
        view: The machine.
        only: As for `collect`, as are the next two; so is what is raised.
        environments: As for `collect`.
        known: As for `collect`.
        started_ns: When this began, in nanoseconds since 1970: what changed just before is no evidence.
    """
    try:
        chosen = registry.choose(only)
        named = tuple(dict.fromkeys((*map(_absolute, environments), *map(environment_names.path_of, known))))
        with _without_cycle_collection():
            readings, evidence = view.read(chosen, named, started_ns)
        readings, ways, unlooked = apart(readings)
        readings.sort(key=lambda reading: (reading.ecosystem.encode(), reading.environment.encode()))
        _check_named(view.plain, environments, readings)
        where = looked(view, chosen, named, readings)
        facts = _facts(view.system)
        return Inventory(_machine(view.system), facts, tuple(readings), where, ways, unlooked), evidence
    finally:
        view.close()


@contextmanager
def _without_cycle_collection() -> Iterator[None]:
    """Thousands of rows are made and all of them kept: looking through them for garbage finds none, and costs a sixth.

    A second thread that comes here meanwhile leaves it to the first to switch collection on again.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def view_of(root: str, environment: Mapping[str, str] | None = None, *, remembers: bool = False) -> View:
    """Returns the machine whose files are under `root` as this user reads it; RequestError is `collect`'s.

    Args:
        root: As for `collect`.
        environment: As for `collect`.
        remembers: Whether to remember what was read; only of this machine.
    """
    if not is_root():
        return Alone(machine_at(root, environment), remembers=remembers)
    from cortexrepo.recording.realms import Realms

    live = os.path.realpath(root) == "/"
    variables = (os.environ if live else {}) if environment is None else environment
    with _opening(root):
        return Realms(root, variables, live=live, remembers=remembers)


def machine_at(root: str, environment: Mapping[str, str] | None = None) -> LiveSystem | RootedSystem:
    """Returns the machine whose files are under `root`, to be read; the arguments and RequestError are `collect`'s."""
    if os.path.realpath(root) == "/":
        return LiveSystem(os.environ if environment is None else environment)
    from cortexrepo.machine.rooted_files import RootedSystem

    with _opening(root):
        return RootedSystem(root)


def machine_of(root: str) -> str:
    """Returns the id of the machine whose files are under `root`; RequestError is `collect`'s."""
    system = machine_at(root)
    try:
        return _machine(system)
    finally:
        if not system.live:
            system.close()  # type: ignore[union-attr]


def require_machine(root: str) -> None:
    """Raises RequestError where there is no machine under `root` to look at: an empty directory has not no packages."""
    if os.path.realpath(root) == "/":
        return
    with _opening(root):
        names = set(os.listdir(root))
    if names.isdisjoint(_DIRECTORIES):
        raise RequestError(
            f"there is no machine in {root!r}: the directory has none of {', '.join(_DIRECTORIES)}",
            hint="give the directory of a mounted image or a chroot",
        )


@contextmanager
def _opening(root: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RequestError(
            f"cannot read the root {root!r}: {error.strerror}", hint="give the directory of a mounted image or a chroot"
        ) from error


def _absolute(path: str) -> str:
    return os.path.normpath(path) if os.path.isabs(path) else os.path.abspath(path)


def _check_named(system: System, environments: Sequence[str], readings: list[Reading]) -> None:
    have = {environment_names.path_of(reading.environment) for reading in readings if reading.environment}
    for path in environments:
        if not _found(_absolute(path), have, system):
            raise EnvironmentPathError(
                f"no {registry.places()} at {path!r}",
                hint=f"give the directory of a {registry.places()}",
            )


def _found(path: str, have: set[str], system: System) -> bool:
    try:
        real = system.realpath(path)
    except OSError:
        real = path
    return any(_within(place, candidate) for place in have for candidate in (path, real))


def _within(place: str, candidate: str) -> bool:
    """Returns whether one of the two paths is, or is inside, the other: a prefix may be named by its site directory."""
    return place == candidate or candidate.startswith(place + "/") or place.startswith(candidate + "/")


def _machine(system: System) -> str:
    from cortexrepo.codec.hashing import machine_id  # dear enough to wait until something was read

    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            secret = (system.read(path, 4096) or b"").strip()
        except OSError:
            continue
        if secret and secret != b"uninitialized":
            return machine_id(secret)
    host = _hostname(system)
    # Another root is another machine, also where neither has an id and both have one name.
    other = b" (another root)" if not system.live and host == os.uname().nodename else b""
    return machine_id(b"without a machine-id: " + host.encode("utf-8", "backslashreplace") + other)


def _hostname(system: System) -> str:
    if system.live:
        return os.uname().nodename
    try:
        return (system.read("/etc/hostname", 4096) or b"").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _facts(system: System) -> tuple[tuple[str, str], ...]:
    facts = {"hostname": _hostname(system), "kernel": system.kernel(), "os": _os(system)}
    return tuple((key, line(value)) for key, value in sorted(facts.items()) if value)


def _os(system: System) -> str:
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            data = system.read(path, 65536)
        except OSError:
            continue
        for row in (data or b"").decode("utf-8", "replace").splitlines():
            if row.startswith("PRETTY_NAME="):
                return row.partition("=")[2].strip().strip("\"'")
    return ""
