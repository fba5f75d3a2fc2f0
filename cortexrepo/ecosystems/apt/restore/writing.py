"""Whether everything that dpkg would write can be written: mounts that are read-only, and files that are mounts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.command import VARIABLES, settings
from cortexrepo.ecosystems.apt.restore.hazards import some
from cortexrepo.ecosystems.apt.state import here
from cortexrepo.machine.mounts import is_below, on
from cortexrepo.model.plan import Obstacle, Risk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.machine.mounts import Mount

DPKG = "/var/lib/dpkg"
"""Where dpkg writes whatever it does, and starts the scripts of packages."""
_USUAL = "/usr"
"""Where a package that was never here is unpacked, as far as that is known before its file is looked into."""
_NOT_DPKGS = ("/proc", "/sys", "/dev", "/run", "/snap")
_BY_HOOK = "a hook of apt (DPkg::Pre-Invoke) has to make it writable, and if it does not, nothing is changed"


def written(paths: Sequence[str]) -> set[str]:
    """Returns the directories of files of a package: in those of directories alone nothing is written.

    Args:
        paths: All its files and directories, as dpkg lists them.
    """
    parents = {"", "/.", *(path.rpartition("/")[0] for path in paths)}
    return {path.rpartition("/")[0] or "/" for path in paths if path not in parents}


def listed(printed: str) -> list[str]:
    """Returns the paths that `dpkg-deb --contents` printed, as dpkg lists them once they are installed."""
    lines = (line.split(None, 5) for line in printed.splitlines())
    paths = (words[5].partition(" -> ")[0].partition(" link to ")[0] for words in lines if len(words) > 5)  # noqa: PLR2004
    return [path.removeprefix(".").rstrip("/") or "/." for path in paths]


def judged(
    directories: Iterable[str], mounted: Iterable[str], room: Room, *, is_new: bool
) -> tuple[list[Obstacle], list[Risk]]:
    """Returns what cannot be written; as risks, where a hook of apt's is known to see to it.

    Args:
        directories: Those of the files that are changed or removed.
        mounted: The files and directories of packages at which something is mounted.
        room: What the part has to work with.
        is_new: Whether a package is put in that was not here.
    """
    mounts, where = room.machine.mounts(), here()
    directories = set(directories)
    hidden = list(unmounted(directories, mounts, _fstab()))
    # Not apt's cache: it may be read-only and serve, for apt runs over the files that were fetched.
    ways = {DPKG, f"{DPKG}/info", os.path.dirname(where.extended), *([_USUAL] if is_new else [])}
    found = list(closed({*directories, *filter(None, ways)}, mounts))
    if found and opens(room.machine.run(settings(), variables=VARIABLES).output):
        risks = [Risk("read-only", "apt", "", "", f"{one.reason}: {_BY_HOOK}") for one in found]
        return list(occupied(mounted)), [*risks, *hidden]
    return [*found, *not_started(mounts), *occupied(mounted)], hidden


def in_the_way(mounts: Iterable[Mount]) -> list[Mount]:
    """Returns the mounts that are read-only and may be in dpkg's way; most machines have none."""
    return [
        mount for mount in mounts if mount.is_read_only and not any(is_below(mount.point, path) for path in _NOT_DPKGS)
    ]


def closed(
    directories: Iterable[str], mounts: Sequence[Mount], real: Callable[[str], str] = os.path.realpath
) -> Iterator[Obstacle]:
    """Yields an obstacle for each mount that would be written to and is read-only.

    Args:
        directories: Where something is written.
        mounts: The mounts of the machine.
        real: Returns a path with its links resolved.
    """
    if not in_the_way(mounts):
        return
    found: dict[str, list[str]] = {}
    for path in sorted(directories):
        mount = on(real(path), mounts)
        if mount is not None and mount.is_read_only:
            found.setdefault(mount.point, []).append(path)
    for point, paths in found.items():
        reason = f"{point} is mounted read-only, and {some(paths)} would be written to"
        yield Obstacle("read-only", "apt", "", "", reason, f"make it writable: `mount -o remount,rw {point}`")


def not_started(mounts: Sequence[Mount]) -> Iterator[Obstacle]:
    """Yields an obstacle where no script of a package can be started."""
    mount = on(DPKG, mounts)
    if mount is not None and mount.is_noexec:
        reason = f"{mount.point} is mounted with noexec: dpkg cannot start the scripts of packages"
        yield Obstacle("read-only", "apt", "", "", reason, f"`mount -o remount,exec {mount.point}`")


def occupied(mounted: Iterable[str], is_directory: Callable[[str], bool] = os.path.isdir) -> Iterator[Obstacle]:
    """Yields an obstacle for each file of a package that is a mount itself: dpkg cannot put another in its place."""
    for path in sorted(set(mounted)):
        if not is_directory(path):
            reason = f"{path} is a file of a package, and a mount: dpkg cannot replace it"
            yield Obstacle("read-only", "apt", "", "", reason, f"`umount {path}`")


def unmounted(directories: Iterable[str], mounts: Sequence[Mount], fstab: str) -> Iterator[Risk]:
    """Yields the places that are to be mounted and are not: what is written there is hidden when they are, as /boot.

    Args:
        directories: Where something is written.
        mounts: The mounts of the machine.
        fstab: The text of /etc/fstab.
    """
    points = {mount.point for mount in mounts}
    lines = (line.split() for line in fstab.splitlines() if not line.lstrip().startswith("#"))
    named = {words[1].rstrip("/") for words in lines if len(words) > 1 and words[1].startswith("/")}
    for point in sorted(filter(None, named - points)) if points else ():
        inside = sorted(path for path in directories if is_below(path, point))
        if inside:
            reason = (
                f"{point} is in /etc/fstab and is not mounted, and {some(inside)} would be written to: `mount {point}`"
            )
            yield Risk("unmounted", "apt", "", "", reason)


def _fstab() -> str:
    try:
        with open("/etc/fstab", encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def opens(printed: str) -> bool:
    """Returns whether a hook of apt may make places writable before dpkg begins.

    Machines with a read-only /usr have apt mount it again before and after dpkg.

    Args:
        printed: What `apt-config dump` prints.
    """
    return any("mount" in line for line in printed.splitlines() if line.lower().startswith("dpkg::pre-"))
