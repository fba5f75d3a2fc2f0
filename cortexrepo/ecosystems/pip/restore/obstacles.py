"""What stands against steps in one Python environment: all of it, and before any program is started."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.restoring import LEAVE_OUT
from cortexrepo.ecosystems.pip.names import check
from cortexrepo.ecosystems.pip.restore.installed import Site
from cortexrepo.ecosystems.pip.restore.marks import marks
from cortexrepo.errors import CortexError, RestoreError
from cortexrepo.machine.mounts import inside, is_below, on
from cortexrepo.model.package import BROKEN, OWNED
from cortexrepo.model.plan import MARK, REMOVE, Obstacle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.contract.restoring import Work
    from cortexrepo.ecosystems.pip.environments.layout import Layout
    from cortexrepo.machine.mounts import Mount
    from cortexrepo.model.plan import Step


def about(work: Work, kind: str, step: Step | None, reason: str, hint: str = "") -> Obstacle:
    """Returns an obstacle of this environment; without a step it is about the whole."""
    return Obstacle(kind, work.ecosystem, work.environment, label(step) if step is not None else "", reason, hint)


def label(step: Step) -> str:
    """Returns how obstacles and risks name the package of a step."""
    return f"{step.package.name} {step.package.version}".strip()


def is_installed(step: Step) -> bool:
    """Returns whether a step puts files of a package into their places."""
    return step.kind not in {MARK, REMOVE}


def found_at_once(work: Work) -> list[Obstacle]:
    """Returns what can be told from the work alone: another Python, unsafe names, what is not pip's."""
    found = []
    now, then = dict(work.facts).get("python", ""), dict(work.then).get("python", "")
    if now and then and now != then:
        hint = f"make the environment again with Python {then}, then `cortex snapshot restore REV`"
        found.append(
            about(work, "environment", None, f"the environment had Python {then}, and has Python {now} now", hint)
        )
    for step in work.steps:
        found.extend(_of_step(work, step))
    return found


def found_in_mounts(work: Work, layout: Layout, mounts: Sequence[Mount]) -> list[Obstacle]:
    """Returns an obstacle where the directory of packages is read-only, or a mount: files are renamed into it."""
    mount = on(layout.site, mounts)
    if mount is not None and mount.is_read_only:
        hint = f"make it writable: `mount -o remount,rw {mount.point}`"
        return [about(work, "read-only", None, f"{mount.point} is mounted read-only", hint)]
    if mount is not None and mount != on(layout.beside, mounts):
        reason = f"{layout.site} is a mount of its own: files cannot be moved there"
        hint = f"`umount {mount.point}`, then run the same command again"
        return [about(work, "environment", None, reason, hint)]
    return []


def found_in_files(work: Work, layout: Layout, steps: Iterable[Step], mounts: Sequence[Mount]) -> list[Obstacle]:
    """Returns an obstacle for every package whose files cannot be told, or are on a mount in the environment.

    Raises:
        RestoreError: Nothing can be read.
    """
    points = inside(layout.site, mounts)
    try:
        site = Site(layout)
    except OSError as error:
        raise RestoreError(f"{layout.site}: {error.strerror}") from error
    found = []
    for step in steps:
        if step.before is None:
            continue
        try:
            installed = site.one(step.before)
            if step.kind != MARK:
                found += _on_mounts(work, step, site.files(installed), points)
            elif not os.path.isfile(f"{installed.info}/RECORD"):
                found.append(about(work, "broken", step, f"{installed.info}: the file RECORD is missing"))
        except RestoreError as error:
            found.append(about(work, "broken", step, str(error), error.hint))
        except OSError as error:
            found.append(about(work, "broken", step, f"{error.filename}: {error.strerror}"))
    return found


def _on_mounts(work: Work, step: Step, files: Iterable[str], points: Sequence[str]) -> list[Obstacle]:
    held = [point for point in points if any(is_below(path, point) for path in files)]
    return [
        about(
            work,
            "environment",
            step,
            f"files of the package are on {point}, which is a mount: they cannot be moved there",
            f"`umount {point}`, then run the same command again",
        )
        for point in held
    ]


def _of_step(work: Work, step: Step) -> Iterator[Obstacle]:
    rows = [row for row in (step.before, step.after) if row is not None]
    if any(row.flags & OWNED for row in rows):
        hint = "restore the apt package: `cortex snapshot restore REV --only apt`"
        yield about(work, "environment", step, "the package's files belong to an apt package", hint)
    row = step.after
    if row is None:
        return
    if row.flags & BROKEN:
        yield about(work, "broken", step, "the package was damaged when the snapshot was made: its files are not known")
        return
    try:
        check(row)
    except CortexError as error:
        yield about(work, "unsafe", step, str(error))
        return
    try:
        marks(row)
    except CortexError as error:
        yield about(work, "missing", step, str(error), f"{LEAVE_OUT}, then install the package by hand")
