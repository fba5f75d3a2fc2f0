"""What stands against steps in one Python environment: all of it, and before any program is started."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.restoring import LEAVE_OUT
from cortexrepo.ecosystems.pip.names import check
from cortexrepo.ecosystems.pip.restore.installed import Site
from cortexrepo.ecosystems.pip.restore.marks import marks
from cortexrepo.errors import CortexError, RestoreError
from cortexrepo.model.package import BROKEN, DPKG
from cortexrepo.model.plan import MARK, REMOVE, Obstacle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cortexrepo.ecosystems.contract.restoring import Work
    from cortexrepo.ecosystems.pip.environments.layout import Layout
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


def found_in_files(work: Work, layout: Layout, steps: Iterable[Step]) -> list[Obstacle]:
    """Returns an obstacle for every package whose files cannot be told; RestoreError: nothing can be read."""
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
                site.files(installed)
            elif not os.path.isfile(f"{installed.info}/RECORD"):
                found.append(about(work, "broken", step, f"{installed.info}: the file RECORD is missing"))
        except RestoreError as error:
            found.append(about(work, "broken", step, str(error), error.hint))
        except OSError as error:
            found.append(about(work, "broken", step, f"{error.filename}: {error.strerror}"))
    return found


def _of_step(work: Work, step: Step) -> Iterator[Obstacle]:
    rows = [row for row in (step.before, step.after) if row is not None]
    if any(row.flags & DPKG for row in rows):
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
