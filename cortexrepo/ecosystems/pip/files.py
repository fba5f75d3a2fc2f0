"""Files of Python distributions: wheels built again from what is installed, and from the configured indexes."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, cast

from cortexrepo.ecosystems.contract.files import File, Made, complaint, made_here, opened, pieces_of
from cortexrepo.ecosystems.pip.environments.python_prefix import FREE
from cortexrepo.ecosystems.pip.metadata import name_in, normalise
from cortexrepo.ecosystems.pip.names import check, requirement
from cortexrepo.ecosystems.pip.restore.download import read_log
from cortexrepo.ecosystems.pip.wheels.building import build
from cortexrepo.ecosystems.pip.wheels.causes import cause
from cortexrepo.ecosystems.pip.wheels.wheel import describe
from cortexrepo.errors import CollectError, FetchError, RefusedError
from cortexrepo.model.artifact import INSTALLED, SOURCE
from cortexrepo.model.content import is_other

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.ecosystems.contract.files import Answer, Maker, Place, Target, Wanted
    from cortexrepo.model.package import Package

_PYTHON = re.compile(r"[0-9]\.[0-9]{1,2}t?\Z")
_AT_ONCE = 16


def local(wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
    """See `Provider.local`: a wheel with the files that are installed, where none was changed since."""
    return made_here(cast("Maker", sys.modules[__name__]), wanted, place)


def make(one: Wanted, place: Place, target: Target) -> Made:
    """See `Maker.make`."""
    if reason := _refusal(one.package):
        raise CollectError(reason)
    try:
        built = build(place.system, one.environment, one.fact("python"), one.package, target)
    except (CollectError, OSError, ValueError) as error:
        raise CollectError(f"no wheel can be built from the installed files: {error}") from error
    return Made(built.name, INSTALLED, built.made_of)


def fault(one: Wanted, name: str, path: str) -> str:
    """See `Maker.fault`."""
    if normalise(name_in(name)) != one.package.name or not name.endswith(".whl"):
        return "this is the name of another package's file"
    return _wrong(one.package, path)


def source(wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
    """See `Provider.source`: wheels alone, by the system's pip, for each version of Python.

    No interpreter of an environment is started: that is its owner's code. No sdist is asked for: building one runs it.
    """
    safe: dict[str, list[Wanted]] = {}
    for one in wanted:
        reason = _refusal(one.package)
        if one.package.attribute("url"):
            reason = f"the package was installed from {one.package.attribute('url')}, not from an index"
        elif not _PYTHON.match(one.fact("python")):
            reason = reason or "the Python version of the environment is not known"
        if reason:
            yield one, reason
        else:
            safe.setdefault(one.fact("python"), []).append(one)
    for python, found in safe.items():
        for start in range(0, len(found), _AT_ONCE):
            yield from _batch(found[start : start + _AT_ONCE], python, place)


def _refusal(package: Package) -> str:
    """Returns why pip must not see this row, or an empty string."""
    try:
        check(package)
    except RefusedError as error:
        return str(error)
    return ""


def _batch(some: Sequence[Wanted], python: str, place: Place) -> Iterator[Answer]:
    """Yields answers for some; one by one where pip could not have all of them, for then it has none."""
    directory = f"{place.room.staging}/{python}"
    os.makedirs(directory, mode=0o700, exist_ok=True)
    errors = _download(some, python, directory, place)
    for one in some:
        said = _download([one], python, directory, place) if errors and len(some) > 1 else errors
        path = _of(one.package, directory)
        if path:
            yield from _staged(one, path)
        else:
            yield one, f"pip cannot download a wheel: {said or 'pip gives no reason'}"


def _download(some: Sequence[Wanted], python: str, directory: str, place: Place) -> str:
    """Has pip download wheels; returns what it says where it could not have all."""
    options = ["--no-deps", "--only-binary=:all:", *_target(python), "--dest", directory]
    log = f"{directory}/.log"
    with suppress(FileNotFoundError):
        os.unlink(log)
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--log", log]
    asked = [requirement(one.package) for one in some]
    ended = place.room.machine.run(["pip3", "download", *options, *quiet, "--", *asked], directory=directory)
    errors = [line.partition(":")[2].strip() for line in ended.errors.splitlines() if line.startswith("ERROR:")]
    said = complaint(ended, errors[-1:])
    return said and cause(read_log(log), said, some[0].package.name, some[0].package.version)


def _target(python: str) -> list[str]:
    """Returns the options of pip that say for which Python wheels are wanted."""
    version = python.removesuffix(FREE)
    if version == python:
        return ["--python-version", version]
    abi = f"cp{version.replace('.', '')}{FREE}"
    return ["--python-version", version, "--implementation", "cp", "--abi", abi]


def _of(package: Package, directory: str) -> str:
    """Returns the path of the wheel of a package in a directory, or an empty string."""
    for name in sorted(os.listdir(directory)):
        if name.endswith(".whl") and normalise(name_in(name)) == package.name:
            return f"{directory}/{name}"
    return ""


def _staged(one: Wanted, path: str) -> Iterator[Answer]:
    """Yields the wheel that pip has left at `path` if it is of the package, and removes it."""
    descriptor = opened(path)
    try:
        reason = _wrong(one.package, f"/proc/self/fd/{descriptor}")
        name = path.rpartition("/")[2]
        yield one, (reason and f"{name}: {reason}") or File(name, SOURCE, partial(pieces_of, descriptor, path))
    finally:
        os.close(descriptor)
        os.unlink(path)


def _wrong(package: Package, path: str) -> str:
    """Returns in what a wheel is of another distribution, or none that could be installed, or an empty string."""
    try:
        found = describe(path)
    except FetchError as error:
        return str(error).removeprefix(path).removeprefix(":").strip()
    if (normalise(found.name), found.version) == (package.name, package.version):
        return "the wheel has other files than the installed package" if is_other(package, found.content) else ""
    return f"the wheel contains {found.name} {found.version}, another package"
