"""Collecting: every ecosystem of a machine into one inventory."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.registry import choose, reader
from cortexrepo.errors import EnvironmentPathError, RequestError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model import environment as environment_names
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.snapshot import FAILED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cortexrepo.machine.files import System
    from cortexrepo.machine.rooted_files import RootedSystem
    from cortexrepo.machine.witness import Witness


def collect(
    root: str | os.PathLike[str] = "/",
    *,
    only: Sequence[str] | None = None,
    environments: Sequence[str] = (),
    known: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    witness: Witness | None = None,
) -> Inventory:
    """Reads what is installed, from the package managers' own files. Starts no program and changes nothing.

    What cannot be read is in the inventory as failed or partial, with the reason; it is never an error.

    Args:
        root: `/` for this machine, else a mounted image or a chroot: nothing outside it is read.
        only: The ecosystems to read; all by default.
        environments: Paths of environments to read besides those that are found.
        known: Environments by the names that slots have for them, passed over where nothing is there any more.
        witness: The live machine, to remember what was read; `root` and `environment` do not count then.
        environment: Variables such as `PYENV_ROOT`; by default the process's for `/`, none for another root.

    Raises:
        EcosystemError: `only` names one that is not known.
        EnvironmentPathError: One of `environments` holds no environment.
        RequestError: `root` is not a directory that can be opened.
    """
    chosen = choose(only)
    system = witness or machine_at(os.fspath(root), environment)
    named = tuple(dict.fromkeys((*map(_absolute, environments), *map(environment_names.path_of, known))))
    with _without_cycle_collection():
        readings = [reading for name in chosen for reading in _read(name, system, named)]
    readings.sort(key=lambda reading: (reading.ecosystem.encode(), reading.environment.encode()))
    _check_named(system, environments, readings)
    return Inventory(_machine(system), _facts(system), tuple(readings))


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


def machine_at(root: str, environment: Mapping[str, str] | None = None) -> LiveSystem | RootedSystem:
    """Returns the machine whose files are under `root`, to be read; the arguments and RequestError are `collect`'s."""
    if os.path.realpath(root) == "/":
        return LiveSystem(os.environ if environment is None else environment)
    from cortexrepo.machine.rooted_files import RootedSystem

    try:
        return RootedSystem(root)
    except OSError as error:
        raise RequestError(
            f"cannot read the root {root!r}: {error.strerror}", hint="give the directory of a mounted image or a chroot"
        ) from error


def _absolute(path: str) -> str:
    return os.path.normpath(path) if os.path.isabs(path) else os.path.abspath(path)


def _read(name: str, system: System, named: Sequence[str]) -> list[Reading]:
    """Reads one ecosystem. Should its collector raise, which it must not, its slot says so and the rest go on."""
    try:
        found = reader(name).collect(system, named)
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError) as failure:
        return [Reading(name, "", FAILED, None, _line(f"{type(failure).__name__}: {failure}"))]
    slots = {}
    for environment, status, manifest, error, facts in found:
        pairs = tuple((_text(key), _text(value)) for key, value in facts)
        own = environment_names.named(environment)
        slots[own] = Reading(name, own, status, manifest, _line(error), pairs)
    return list(slots.values())


def _text(value: str) -> str:
    """Returns `value` with the bytes of names that are not UTF-8 written as escapes, so that it can be stored."""
    return value.encode("utf-8", "backslashreplace").decode()


def _line(value: str) -> str:
    return " ".join(_text(value).split())[:500]


def _check_named(system: System, environments: Sequence[str], readings: list[Reading]) -> None:
    have = {environment_names.path_of(reading.environment) for reading in readings if reading.environment}
    for path in environments:
        if not _found(_absolute(path), have, system):
            raise EnvironmentPathError(
                f"no Python environment or npm prefix at {path!r}",
                hint="give the directory of a virtual environment or an npm prefix",
            )


def _found(path: str, have: set[str], system: System) -> bool:
    real = system.realpath(path)
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
    return machine_id(b"without a machine-id: " + _hostname(system).encode("utf-8", "backslashreplace"))


def _hostname(system: System) -> str:
    if system.live:
        return os.uname().nodename
    try:
        return (system.read("/etc/hostname", 4096) or b"").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _facts(system: System) -> tuple[tuple[str, str], ...]:
    facts = {"hostname": _hostname(system), "kernel": system.kernel(), "os": _os(system)}
    return tuple((key, _line(value)) for key, value in sorted(facts.items()) if value)


def _os(system: System) -> str:
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            data = system.read(path, 65536)
        except OSError:
            continue
        for line in (data or b"").decode("utf-8", "replace").splitlines():
            if line.startswith("PRETTY_NAME="):
                return line.partition("=")[2].strip().strip("\"'")
    return ""
