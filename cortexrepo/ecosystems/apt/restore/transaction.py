"""A run of apt that does all the steps, or two, from checked files alone and watched by the guard."""

from __future__ import annotations

import json
import os
import shlex
import sys
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.command import VARIABLES, alone, apt_get_filed, contents
from cortexrepo.ecosystems.apt.names import is_there, orders, place, words
from cortexrepo.ecosystems.apt.past import own as history
from cortexrepo.ecosystems.apt.restore import configuration as apt_configuration
from cortexrepo.ecosystems.apt.restore import guard as apt_guard
from cortexrepo.ecosystems.apt.restore import handover as apt_handover
from cortexrepo.ecosystems.apt.restore import shapes as apt_shapes
from cortexrepo.ecosystems.apt.restore import stages as apt_stages
from cortexrepo.ecosystems.apt.restore.archive import Archive
from cortexrepo.ecosystems.apt.restore.causes import WAY_OUT, reasons
from cortexrepo.ecosystems.apt.restore.completion import complete
from cortexrepo.ecosystems.apt.restore.hazards import some
from cortexrepo.ecosystems.apt.restore.marks import set_marks
from cortexrepo.ecosystems.apt.restore.progress import counted
from cortexrepo.ecosystems.apt.restore.simulation import GONE, expected
from cortexrepo.ecosystems.apt.restore.writing import DPKG, in_the_way, listed, written
from cortexrepo.ecosystems.apt.state import architectures, by_place, condition, files, rows, unhealthy
from cortexrepo.errors import RefusedError, RestoreError
from cortexrepo.model.plan import CONFIGURE, MARK, REINSTALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.apt.names import Orders, Place
    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.machine.programs import Finished
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Step

_INTERPRETER = "/usr/bin/python3"


def carry_out(steps: Sequence[Step], room: Room) -> None:
    """Does the steps, then sets the marks of every package in them.

    Raises:
        RefusedError: apt would have done something else, as the guard saw under apt's lock; nothing was changed.
        RestoreError: Not all of it was done; or a file is missing, then nothing was. That all was done and apt failed
            afterwards is a note.
    """
    native = architectures(rows().packages)[0]
    complete([step.package for step in steps if step.kind == CONFIGURE], native, room)
    untouched = apt_configuration.untouched([step.before for step in steps if step.before is not None])
    for some_steps in apt_stages.stages(steps):
        asked = orders(some_steps, native)
        if asked.put or asked.take:
            _run(some_steps, asked, by_place(rows().packages, native), native, room)
    wanted = [step.after for step in steps if step.after is not None]
    for path in apt_configuration.put_right(wanted, untouched):
        room.told(f"{path}: nobody has edited the file, and it is the one of its package now")
    gone = [step.before for step in steps if step.after is None and step.before is not None and step.kind == MARK]
    set_marks(wanted + [row._replace(flags=0) for row in gone], native, room)


def _run(steps: Sequence[Step], asked: Orders, there: dict[Place, Package], native: str, room: Room) -> None:
    archive = Archive(room.staging)
    missing = [f"{row.name} {row.version}" for row in asked.put if not archive.has(row)]
    if missing:
        raise RestoreError(f"the .deb file was not fetched: {some(missing)}; no apt transaction was begun")
    filled = apt_shapes.filled(asked.put, there, native)
    apt_handover.begin(asked, there, archive, room, native)
    try:
        ended = _apt(steps, asked, there, native, room)
    finally:
        apt_handover.end(room)
    undone = _undone(asked, native)
    apt_shapes.make_links({row: had for row, had in filled.items() if row not in undone}, archive, room)
    if undone or (ended.code and unhealthy(rows().packages)):
        raise _failure(asked, undone, ended.output)
    if ended.code:
        # What apt runs when dpkg has ended (DPkg::Post-Invoke) undoes nothing: marks and the check come all the same.
        said = "; ".join(reasons(ended.output)) or f"exit code {ended.code}"
        room.note(f"every package was changed, and then apt-get failed: {said}")


def _apt(steps: Sequence[Step], asked: Orders, there: dict[Place, Package], native: str, room: Room) -> Finished:
    """Runs apt; raises RefusedError where the guard saw that apt would do something else."""
    archive = Archive(room.staging)
    archive.write_index(asked.put)
    links = apt_shapes.in_the_way(asked.put, there, archive, native)
    apt_shapes.note(links, room)
    plan = f"{room.staging}/guard.json"
    _write_plan(plan, asked, there, native, {"writes": _writes(asked, there, native, room), "links": links})
    again = any(step.kind == REINSTALL for step in steps)
    path = f"{room.staging}/{history.file_name(room.purpose)}"
    command, text = apt_get_filed(
        path,
        "install",
        *words(asked, native),
        options=("--reinstall",) if again else (),
        settings=(*alone(archive.index, archive.pool), *_guarded(plan), *history.settings(room.purpose)),
    )
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    ended = room.machine.run(command, variables=VARIABLES, told=counted(room.told, asked), lasting=True)
    for line in ended.output.splitlines():
        if line.startswith((apt_guard.COMPLAINT, apt_guard.READ_ONLY)):
            raise RefusedError(f"{line.removeprefix('cortex: ')}; apt changed nothing", hint=WAY_OUT)
    return ended


def _guarded(plan: str) -> tuple[str, str]:
    """Returns the settings that make the guard a hook of this run.

    apt looks for the protocol's number under the first word of the command. That is `exec`, whatever the path of the
    interpreter is; the rest is read by a shell, for which it is quoted.
    """
    # The restore may have taken away the interpreter that runs it.
    interpreter = sys.executable if os.access(sys.executable, os.X_OK) else _INTERPRETER
    command = shlex.join((interpreter, "-I", apt_guard.__file__, plan))
    return f"DPkg::Pre-Install-Pkgs::=exec {command}", "DPkg::Tools::Options::exec::Version=3"


def _writes(asked: Orders, there: dict[Place, Package], native: str, room: Room) -> list[str]:
    """Returns the directories that dpkg will write to.

    The files that are put in are looked into only where something is mounted read-only: that takes its time.
    """
    keys = (place(row, native) for row in (*asked.put, *asked.take))
    directories = {DPKG}.union(*(written(files(there[key])) for key in keys if key in there))
    if in_the_way(room.machine.mounts()):
        archive = Archive(room.staging)
        for row in asked.put:
            said = room.machine.run(contents(archive.path(row)), variables=VARIABLES).output
            directories |= written(listed(said))
    return sorted(directories)


def _write_plan(path: str, asked: Orders, there: dict[Place, Package], native: str, more: dict[str, object]) -> None:
    changes = {}
    for key, after in expected(asked, native).items():
        row = there.get(key)
        before = "-" if row is None or not is_there(row) else "" if condition(row) else row.version
        changes[":".join(key)] = [before, "removed" if after == GONE else after]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"native": native, "changes": changes, **more}, file)


def _undone(asked: Orders, native: str) -> list[Package]:
    """Returns the packages that are not as they were to be."""
    now = by_place(rows().packages, native)
    left = []
    for row in asked.put:
        found = now.get(place(row, native))
        if found is None or (found.version, found.arch) != (row.version, row.arch) or condition(found):
            left.append(row)
    return left + [row for row in asked.take if is_there(now.get(place(row, native)))]


def _failure(asked: Orders, undone: Sequence[Package], output: str) -> RestoreError:
    total = len(asked.put) + len(asked.take)
    half = unhealthy(rows().packages)
    parts = [f"{total - len(undone)} of {total} changes were made"]
    if half:
        parts.append("not complete: " + some([f"{row.name} ({condition(row)})" for row in half]))
    parts += reasons(output)
    return RestoreError("; ".join(parts), hint=WAY_OUT)
