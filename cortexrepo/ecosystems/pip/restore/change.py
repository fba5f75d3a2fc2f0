"""What a part changes in an environment: which files go, and which come."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from cortexrepo.disk.exchange.moves import Move, Moves, prepare
from cortexrepo.disk.realtree import RealTree
from cortexrepo.ecosystems.pip.restore.installed import Site
from cortexrepo.ecosystems.pip.restore.linked import stale_links
from cortexrepo.ecosystems.pip.restore.marks import NAMES, marks
from cortexrepo.ecosystems.pip.wheels import record as pip_record
from cortexrepo.errors import RefusedError
from cortexrepo.model.plan import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.pip.environments.layout import Layout
    from cortexrepo.ecosystems.pip.restore.staging import Staging
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Step

_KEPT = ("python", "pypy", "activate", "Activate", "pyvenv")
"""Programs of the environment itself: no distribution takes their place."""


def moves_of(steps: Iterable[Step], staging: Staging) -> Moves:
    """Returns the moves that do the steps, from what is in place now and what was staged. Changes nothing.

    Raises:
        RestoreError: What goes cannot be told, or is not there.
        RefusedError: A file is in the way that belongs to nothing that goes.
        OSError: Something cannot be read.
    """
    steps = tuple(steps)
    site = Site(staging.layout)
    going = going_files(steps, site)
    coming = _files_below(staging.coming)
    going |= {path for path in coming if path not in going and _is_replaced(path, staging.layout)}
    going |= stale_links(staging.layout, going - coming)
    away = [Move(path, staging.gone + path) for path in _in_order(going, source_first=True)]
    into = [Move(staging.coming + path, path) for path in _in_order(coming, source_first=False)]
    return prepare([*away, *into], staging.private, staging.roots, RealTree())


def going_files(steps: Iterable[Step], site: Site) -> set[str]:
    """Returns the files that the steps take away; errors as `moves_of`."""
    steps = tuple(steps)
    leaving = [site.one(step.before) for step in steps if step.before is not None and step.kind != MARK]
    files = {path for installed in leaving for path in site.files(installed)}
    if files:
        files -= site.named_by_others(leaving)
    for step in steps:
        if step.kind == MARK and step.before is not None:
            info = site.one(step.before).info
            files |= {path for name in (*NAMES, "RECORD") if os.path.lexists(path := f"{info}/{name}")}
    return files


def stage_marks(before: Package, after: Package, site: Site, tree: str) -> None:
    """Stages the small files of a distribution that stays as it is, and its RECORD with them; RestoreError, OSError."""
    info = site.one(before).info
    small = marks(after)
    os.makedirs(tree + info)
    name = posixpath.basename(info)
    entries = [entry for entry in pip_record.read(f"{info}/RECORD") if entry.path not in {f"{name}/{n}" for n in NAMES}]
    for file, content in small.items():
        entries.append(pip_record.entry_of(f"{name}/{file}", content))
        with open(f"{tree}{info}/{file}", "wb") as output:
            output.write(content)
    with open(f"{tree}{info}/RECORD", "wb") as output:
        output.write(pip_record.encode(entries, line_end=line_end(after)))


def complete_record(info: str, row: Package, tree: str, site: str) -> None:
    """Writes the RECORD of what was staged as the row's installer would: sorted, and with its bytecode if it is pip."""
    path = f"{tree}{info}/RECORD"
    entries = pip_record.read(path)
    for entry in list(entries):
        parent, name = posixpath.split(entry.path)
        directory = posixpath.normpath(f"{tree}{site}/{parent}/__pycache__")
        if name.endswith(".py") and not parent.startswith("..") and os.path.isdir(directory):
            compiled = [one for one in os.listdir(directory) if one.startswith(name.removesuffix("py"))]
            entries.extend(pip_record.Entry(posixpath.join(parent, "__pycache__", one)) for one in compiled)
    with open(path, "wb") as output:
        output.write(pip_record.encode(entries, line_end=line_end(row)))


def line_end(row: Package) -> str:
    """Returns how the installer of a row ends the lines of RECORD: pip as csv does."""
    return "\n" if row.attribute("installer") == "uv" else "\r\n"


def _files_below(tree: str) -> set[str]:
    """Returns the absolute paths that the files below `tree` are to have."""
    return {f"{parent}/{name}".removeprefix(tree) for parent, _, names in os.walk(tree) for name in names}


def _in_order(paths: Iterable[str], *, source_first: bool) -> list[str]:
    """Returns the paths with bytecode behind its module where modules go, and before it where they come.

    So a program that is running never finds a module without the bytecode that belongs to it, and writes none.
    """
    return sorted(paths, key=lambda path: (path.endswith(".pyc") == source_first, path))


def _is_replaced(path: str, layout: Layout) -> bool:
    """Returns whether something is at the place of a file that comes, and goes to the stash as pip would overwrite it.

    In a site directory, and in the programs of an environment that is nobody else's, it is what an installation left.
    """
    if not os.path.lexists(path) or (os.path.isdir(path) and not os.path.islink(path)):
        return False  # A directory is either emptied by what goes, or in the way, which `prepare` finds.
    name = posixpath.basename(path)
    program = layout.own and posixpath.dirname(path) == layout.scripts and not name.startswith(_KEPT)
    if not path.startswith(layout.site + "/") and not program:
        raise RefusedError(
            f"{path} is in the way: no package of the plan owns this file",
            hint="move the file away, then `cortex snapshot restore --resume`",
        )
    return True
