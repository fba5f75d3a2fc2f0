"""`cortex snapshot create`."""

from __future__ import annotations

import os
import shlex
import time
from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.account import user
from cortexrepo.cli.exit_codes import DONE, PARTIAL
from cortexrepo.cli.screen.result import Result, damaged
from cortexrepo.cli.tasks.latest import latest_of
from cortexrepo.codec.hashing import checksum
from cortexrepo.codec.refs import MESSAGE_LIMIT
from cortexrepo.ecosystems import registry
from cortexrepo.errors import CorruptError, CortexError, FormatVersionError, RequestError
from cortexrepo.formats.text.escape import escape, storable
from cortexrepo.formats.text.summary import created, incomplete, unlooked_places
from cortexrepo.model.snapshot import FAILED, Cause
from cortexrepo.model.snapshot import PARTIAL as IN_PART
from cortexrepo.recording.recalling import keep, see
from cortexrepo.repository.known import Known
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.formats.json.document import Document
    from cortexrepo.model.damage import Damage
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.snapshot import Slot, Snapshot


_NAMED = 10
"""So many packages whose files are not kept are named; `artifacts fetch` names all."""


@click.command("create")
@click.argument("words", metavar="[MESSAGE]", nargs=-1)
@click.option("--message", "-m", metavar="MESSAGE", help="The description, as MESSAGE without an option.")
@click.option("--tag", "tags", multiple=True, metavar="NAME", help="Name the snapshot; may be repeated.")
@click.option(
    "--only",
    multiple=True,
    metavar="LIST",
    help=f"Record only these ecosystems: {','.join(registry.able(registry.READ))}.",
)
@click.option(
    "--environment",
    "environments",
    multiple=True,
    metavar="PATH",
    help=f"Record the {registry.places()} at PATH too; may be repeated.",
)
@click.option("--keep-artifacts", is_flag=True, help="Keep the files of the packages too, if they are on this machine.")
@options.root
@options.shared
def command(  # noqa: PLR0913 -- one parameter for each option
    *,
    words: tuple[str, ...],
    message: str | None,
    tags: tuple[str, ...],
    only: tuple[str, ...],
    environments: tuple[str, ...],
    keep_artifacts: bool,
    root: str,
    repo: str | None,
) -> Iterator[Result]:
    """Record what is installed now, with MESSAGE as its description.

    The package managers' own files are read; no package manager is started. A repository is made if there is none.
    --keep-artifacts also keeps a package's file, if the file is in a cache or can be built from the installed files.
    `cortex snapshot artifacts fetch` also downloads files from the configured sources.

    \b
    cortex snapshot create "before upgrade"
    cortex snapshot create -m "before upgrade" --tag golden
    cortex snapshot create --tag golden --only apt,pip
    cortex snapshot create --root /mnt/image

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 recorded in part: a part could not be
    read, or a file could not be kept.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    started = time.perf_counter()
    text = _message(_described(words, message))
    place = options.location(repo)
    named = _paths(environments, root)
    # What was asked for is checked before a new repository is made.
    there = options.existing(place)
    tracked, passed = _tracked(there, root)
    before = there.environments.known() if there is not None and root == "/" else Known()
    seen = see(there, root, _ecosystems(only), named, [*tracked, *before.places], before.places)
    repository = there or Repository.open(place, create=True)
    snapshot = repository.create(seen.inventory, message=text, tags=tags, cause=_cause())
    keep(repository, seen, snapshot.id)
    places = _unlooked(repository, seen.inventory, before, root)
    elapsed = round((time.perf_counter() - started) * 1000)
    yield Result(
        document=lambda: _document(snapshot, tags, passed),
        lines=lambda style: created(snapshot.id, snapshot.message, snapshot.slots, elapsed, style),
        hints=lambda style: [] if there or keep_artifacts or style.width is None else _unasked(snapshot),
        notes=lambda style: [*incomplete(snapshot.slots, style), *unlooked_places(places)],
        errors=lambda: damaged(passed),
        code=lambda: PARTIAL if any(slot.status in {FAILED, IN_PART} for slot in snapshot.slots) else DONE,
        done=f"the snapshot is there: `cortex snapshot show {snapshot.id[:12]}`",
    )
    # Only now: the snapshot is there, whatever becomes of the files.
    if keep_artifacts:
        yield _kept(repository, snapshot, root)


def _document(snapshot: Snapshot, tags: tuple[str, ...], passed: Sequence[Damage]) -> Document:
    from cortexrepo.formats.json.snapshots import created as document

    return document(snapshot, tags, passed)


def _unasked(snapshot: Snapshot) -> list[str]:
    from cortexrepo.formats.text.artifacts import unasked

    return unasked(snapshot.id)


def _kept(repository: Repository, snapshot: Snapshot, root: str) -> Result:
    from cortexrepo.cli.screen.progress import ProgressLine
    from cortexrepo.cli.tasks.keeping import code_of, keep_files
    from cortexrepo.formats.json import artifacts as json
    from cortexrepo.formats.text import artifacts

    with ProgressLine() as progress:
        found = keep_files(repository, snapshot, root, progress, online=False)
    failure = found.failure
    text = f"snapshot {snapshot.id[:12]} was made; keeping its files failed: {failure}"
    return Result(
        document=lambda: {"artifacts": json.kept(*found)},
        lines=lambda style: artifacts.kept(found.kept, found.present, found.lacks, style),
        notes=lambda style: artifacts.lacking(found.lacks, style, _NAMED),
        errors=lambda: [] if failure is None else [(text, failure.hint)],
        code=lambda: code_of(found),
    )


def _described(words: tuple[str, ...], option: str | None) -> str:
    """Returns the one message that was given; raises click.UsageError for several."""
    if words and option is not None:
        raise click.UsageError("give the message once: as MESSAGE, or with --message")
    if len(words) > 1:
        command = shlex.join(["cortex", "snapshot", "create", " ".join(words)])
        raise click.UsageError(f"the message has {len(words)} words: put it in quotes: `{escape(command)}`")
    return option or next(iter(words), "")


def _unlooked(repository: Repository, found: Inventory, before: Known, root: str) -> int:
    """Returns how many places were not looked at, if they are others than `create` said last; notes that it says so."""
    paths = sorted({one.path for one in found.unlooked})
    if not paths:
        return 0
    said = checksum("\0".join(paths).encode("utf-8", "backslashreplace"))
    if root == "/":
        if said == before.said:
            return 0
        repository.environments.remember(before._replace(said=said))
    return len(paths)


def _message(message: str) -> str:
    text = storable(message)
    size = len(text.encode())
    if size > MESSAGE_LIMIT:
        problem = f"the message has {size} bytes; {MESSAGE_LIMIT} are allowed"
        raise RequestError(problem, hint="shorten the message; keep the rest in a file")
    return text


def _ecosystems(only: tuple[str, ...]) -> list[str] | None:
    """Returns the names in `--only apt,pip --only npm`, or None without the option."""
    return [name.strip() for part in only for name in part.split(",")] if only else None


def _tracked(repository: Repository | None, root: str) -> tuple[list[str], Sequence[Damage]]:
    """Returns the environments of the machine's latest snapshot: what was named once stays recorded.

    Where it is not known which one is the latest, those of the newest that can be read; and what cannot be.
    """
    if repository is None:
        return [], ()
    slots: Iterable[Slot]
    passed: Sequence[Damage] = ()
    try:
        slots = latest_of(repository, root).slots
    except (CorruptError, FormatVersionError):
        listing = repository.listing(limit=1, linked=False)
        slots, passed = [slot for one in listing.snapshots for slot in one.slots], listing.damaged
    except CortexError:
        return [], ()  # no snapshot yet; anything worse is reported when the new one is stored
    return [slot.environment for slot in slots if slot.environment], passed


def _paths(environments: tuple[str, ...], root: str) -> list[str]:
    """Returns absolute paths: a relative one is meant from here, but inside another root from that root."""
    start = os.getcwd() if environments and root == "/" else "/"
    return [os.path.normpath(os.path.join(start, path)) for path in environments]


def _cause() -> Cause:
    return Cause(command="create", user=user(), reason="manual")
