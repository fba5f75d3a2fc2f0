"""Bringing everything that a part needs beside the site directory: unpacked, checked and durable."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.environments.interpreter import ask, shebang
from cortexrepo.ecosystems.pip.names import check
from cortexrepo.ecosystems.pip.restore.change import complete_record, stage_marks
from cortexrepo.ecosystems.pip.restore.installed import Site
from cortexrepo.ecosystems.pip.restore.linked import stage_links
from cortexrepo.ecosystems.pip.restore.marks import marks
from cortexrepo.ecosystems.pip.restore.obstacles import is_installed
from cortexrepo.ecosystems.pip.restore.supply import Supply
from cortexrepo.ecosystems.pip.wheels import record as pip_record
from cortexrepo.ecosystems.pip.wheels.bytecode import compile_all
from cortexrepo.ecosystems.pip.wheels.unpacking import Unpacking
from cortexrepo.model.plan import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.ecosystems.pip.restore.staging import Staging
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Part


def stage(part: Part, staging: Staging, room: Room) -> None:
    """Stages all that comes in, anew; when it returns, that is complete and durable.

    Raises:
        FetchError: Something is not available, damaged, or another thing than the plan says.
        RefusedError: A name or version is unsafe.
        RestoreError: The environment cannot be used.
        OSError: The disk failed.
    """
    staging.clear()
    rows = [step.package for step in part.steps if is_installed(step)]
    for row in rows:
        check(row)
    if rows:
        _stage_wheels(rows, staging, room)
    marked = [step for step in part.steps if step.kind == MARK]
    if marked:
        site = Site(staging.layout)
        for step in marked:
            if step.before is not None and step.after is not None:
                stage_marks(step.before, step.after, site, staging.coming)
    staging.confirm(part)


def _stage_wheels(rows: list[Package], staging: Staging, room: Room) -> None:
    """Unpacks the wheels of all rows, compiled and listed as if their installers had done it."""
    layout = staging.layout
    interpreter = ask(room.machine, layout)
    wheels = Supply(room, interpreter).wheels(rows)
    unpacking = Unpacking(layout, shebang(layout, interpreter), staging.coming)
    infos = {row: unpacking.unpack(wheels[row], row, marks(row)) for row in rows}
    by_pip = [info for row, info in infos.items() if not row.attribute("installer")]
    compile_all(room.machine, interpreter, staging.coming, _modules(by_pip, staging), staging.private)
    for row, info in infos.items():
        complete_record(info, row, staging.coming, layout.site)
    stage_links(layout, staging.coming)


def _modules(infos: Iterable[str], staging: Staging) -> list[str]:
    """Returns where the modules of what was staged will be; uv compiles nothing."""
    site = staging.layout.site
    paths = [
        posixpath.normpath(f"{site}/{entry.path}")
        for info in infos
        for entry in pip_record.read(f"{staging.coming}{info}/RECORD")
    ]
    return [path for path in paths if path.endswith(".py") and path.startswith(site + "/")]
