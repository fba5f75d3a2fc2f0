"""Mounts in an npm prefix: a package is put back by renaming directories, and nothing is renamed across a mount."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.npm.places import tops
from cortexrepo.ecosystems.npm.restore.objections import obstacle
from cortexrepo.machine.mounts import is_below, on

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.ecosystems.contract.restoring import Work
    from cortexrepo.machine.mounts import Mount
    from cortexrepo.model.plan import Obstacle


def against_mounts(work: Work, mounts: Sequence[Mount]) -> Iterator[Obstacle]:
    """Yields what is mounted where packages would be moved. Of mounts that are not known nothing is said."""
    prefix = work.environment
    modules = f"{prefix}/lib/node_modules"
    base = on(f"{prefix}/lib", mounts)
    places = [os.path.realpath(path) for path in (modules, f"{prefix}/bin", f"{prefix}/share/man")]
    for path in filter(os.path.isdir, places):
        mount = on(path, mounts)
        if mount is not None and mount.is_read_only:
            hint = f"make it writable: `mount -o remount,rw {mount.point}`"
            yield obstacle("read-only", prefix, None, f"{mount.point} is mounted read-only", hint)
        elif mount != base:
            yield _refused(prefix, path)
    for name in tops(work.steps):
        package = f"{modules}/{name}"
        yield from (_refused(prefix, mount.point) for mount in mounts if is_below(mount.point, package))


def _refused(prefix: str, point: str) -> Obstacle:
    reason = f"{point} is a mount in the prefix: packages cannot be moved there"
    return obstacle("environment", prefix, None, reason, f"`umount {point}`, then run the same command again")
