"""Every file that the steps need, and every one that leads back: into the private archive, checked."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.availability import offers, source
from cortexrepo.ecosystems.apt.command import VARIABLES, apt_get
from cortexrepo.ecosystems.apt.names import file_name, is_there, orders, pinned
from cortexrepo.ecosystems.apt.places import USUAL
from cortexrepo.ecosystems.apt.restore.archive import Archive
from cortexrepo.ecosystems.apt.restore.progress import fetched
from cortexrepo.ecosystems.apt.state import architectures, here, rows
from cortexrepo.errors import CorruptError, FetchError
from cortexrepo.model.plan import ARTIFACT, CACHE, IN_PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Part, Source

Wanted = dict["Package", "Source"]

_SANDBOX = "_apt"
_UNTOUCHED = "fetching changed nothing"
_AGAIN = "remove the cause, then run the same command again"


def fetch(part: Part, room: Room) -> None:
    """See `Restorer.fetch`."""
    archive = Archive(room.staging)
    native = architectures(rows().packages)[0]
    chosen = {step.after: step.source for step in part.steps if step.after is not None}
    needed = [row for row in orders(part.steps, native).put if not archive.has(row)]
    # The archive has one file of each version: where the steps put in another content of it, there is no way back.
    put = {file_name(row) for row in needed}
    back = [row for row in leaving(part) if file_name(row) not in put and not archive.has(row)]
    offered, archives = offers(back, native, room), here().archives
    wanted = {row: found for row in needed if (found := chosen.get(row)) is not None}
    for row in back:
        found = source(row, offered, room, archives)
        if found is not None:
            wanted.setdefault(row, found)
    _take_kept(wanted, archive, room)
    complaint = _download(wanted, archive, native, room)
    _take_instead((*needed, *back), archive, room)
    missing = [f"{row.name} {row.version}" for row in needed if not archive.has(row)]
    if missing:
        reason = f": {complaint}" if complaint else ""
        raise FetchError(
            f"these versions cannot be downloaded: {', '.join(missing)}{reason}; {_UNTOUCHED}",
            hint="check the sources with `apt-get update`, then run the same command again",
        )
    for row in back:
        if not archive.has(row):
            room.note(
                f"{row.name} {row.version}: no file of this version was found; undo may not bring this version back"
            )


def clear(room: Room) -> None:
    """Removes what a killed download left outside of the staging directory."""
    shutil.rmtree(_downloads(room), ignore_errors=True)


def from_shelf(package: Package, archive: Archive, room: Room) -> None:
    """Takes a kept file into the archive.

    Raises:
        CorruptError: There is none that is whole and of this package; the reason is that of the last.
    """
    reason: Exception = CorruptError(f"the repository keeps no file of {package.name} {package.version}")
    for artifact in room.shelf.find("apt", package):
        path = archive.new()
        try:
            room.shelf.copy(artifact, path)
            archive.take_in(package, path)
            return
        except CorruptError as error:
            reason = error
    raise reason


def leaving(part: Part) -> list[Package]:
    """Returns the packages that are installed now, and are not afterwards as they are now."""
    changed = [step.before for step in part.steps if step.kind not in IN_PLACE]
    return [row for row in changed if row is not None and is_there(row)]


def _take_kept(wanted: Wanted, archive: Archive, room: Room) -> None:
    """Takes what is on this machine already. What turns out to be unusable is asked of the sources after all."""
    for row, found in wanted.items():
        try:
            if found.place == CACHE:
                archive.take_in(row, found.name, found.digest)
            elif found.place == ARTIFACT:
                from_shelf(row, archive, room)
        except CorruptError as error:
            room.told(str(error))
        except OSError as error:
            raise FetchError(f"{found.name}: {error.strerror or error}; {_UNTOUCHED}", hint=_AGAIN) from error


def _take_instead(packages: Sequence[Package], archive: Archive, room: Room) -> None:
    """Takes from the repository what a source announced and could not deliver, where it is kept."""
    for row in packages:
        try:
            if not archive.has(row) and room.shelf.find("apt", row):
                from_shelf(row, archive, room)
        except CorruptError as error:
            room.told(str(error))
        except OSError as error:
            raise FetchError(
                f"{row.name}: the kept file cannot be copied: {error.strerror or error}; {_UNTOUCHED}", hint=_AGAIN
            ) from error


def _download(wanted: Wanted, archive: Archive, native: str, room: Room) -> str:
    """Has apt fetch, in one call, what is not there yet; returns what it complained about, one line."""
    asked = [row for row in wanted if not archive.has(row) and wanted[row].place != ARTIFACT]
    if not asked:
        return ""
    _check_room([wanted[row] for row in asked], room)
    directory = _make_downloads(room)
    try:
        words = [pinned(row, native) for row in asked]
        command = apt_get("download", *words)
        told = fetched(room.told, len(asked))
        ended = room.machine.run(command, variables=VARIABLES, directory=directory, told=told)
        complaints = [line[3:] for line in ended.output.splitlines() if line.startswith("E: ")]
        return "; ".join(dict.fromkeys(complaints + _take_downloaded(asked, wanted, directory, archive)))
    finally:
        clear(room)


def _take_downloaded(asked: Sequence[Package], wanted: Wanted, directory: str, archive: Archive) -> list[str]:
    problems = []
    for row in asked:
        path = f"{directory}/{file_name(row)}"
        try:
            if os.path.isfile(path):
                archive.take_in(row, path, wanted[row].digest)
                os.unlink(path)
        except CorruptError as error:
            problems.append(str(error))
        except OSError as error:
            problems.append(f"{room_of(error)}: {error.strerror or error}")
    return problems


def room_of(error: OSError) -> str:
    """Returns the path that an error is about."""
    return str(error.filename or "the staging directory")


def _check_room(found: Sequence[Source], room: Room) -> None:
    need = sum(one.size or 0 for one in found)
    for path in (_cache(), room.staging):
        free = room.machine.free(path)
        if need > free:
            raise FetchError(
                f"{need} bytes must be downloaded, and {free} bytes are free at {path}; {_UNTOUCHED}",
                hint=f"make room: `df {path}` shows the free space",
            )


def _cache() -> str:
    """Returns the directory of apt's cache, or where Debian's apt has it if this one is to have none."""
    return here().archives or USUAL.archives


def _downloads(room: Room) -> str:
    """Returns where apt puts what it fetches: in its own cache, where its user without privileges can be let in.

    The name is that of the staging directory, so that a later process finds what a killed one left.
    """
    return f"{_cache()}/cortex-{hashlib.sha256(room.staging.encode()).hexdigest()[:16]}"


def _make_downloads(room: Room) -> str:
    """Makes the directory, for the user as whom apt fetches: nothing from the network is parsed as root."""
    import pwd

    clear(room)
    directory = _downloads(room)
    try:
        os.makedirs(directory, mode=0o700)
        owner = pwd.getpwnam(_SANDBOX)
        os.chown(directory, owner.pw_uid, -1)
    except KeyError:
        pass
    except OSError as error:
        raise FetchError(
            f"cannot create the directory {directory}: {error.strerror}; {_UNTOUCHED}",
            hint=f"check the directory: `df {_cache()}`, `ls -ld {_cache()}`",
        ) from error
    return directory
