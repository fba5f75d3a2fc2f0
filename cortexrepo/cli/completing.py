"""Completion in bash, zsh and fish: what a word on the command line can be. Loaded only where a shell asks."""

from __future__ import annotations

import shlex
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class

from cortexrepo.errors import CortexError
from cortexrepo.model.revision import LATEST, LIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.repository import Repository

    Item = CompletionItem[str]

_DIGITS = 12
_MOST = 50
"""So many snapshots are offered by their ids, the newest ones; all that begin with what was typed."""


class _Bash(BashComplete):
    """bash takes a word with blanks or the like only if it is quoted."""

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Returns one answer as the shell's script reads it."""
        return f"{item.type},{shlex.quote(item.value)}"


class _Value(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has none
    """What a parameter can be, by the repository."""

    name = "text"

    def __init__(self, values: Callable[[click.Context, str], Iterator[Item]]) -> None:
        self._values = values

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Item]:  # noqa: ARG002
        """Returns what a word may become. A repository that cannot be read has nothing to offer."""
        with suppress(CortexError, click.UsageError, OSError):
            return [item for item in self._values(ctx, incomplete) if item.value.startswith(incomplete)]
        return []


def prepare(command: click.Command) -> None:
    """Has a command's parameters answer what they can be."""
    add_completion_class(_Bash)
    for param in command.params:
        values = _VALUES.get(param.name or "")
        if values is not None and not isinstance(param.type, click.Choice):
            param.type = _Value(values)


def _opened(ctx: click.Context) -> Repository | None:
    import os

    from cortexrepo.cli import options

    named = ctx.params.get("repo") or os.environ.get("CORTEX_REPO")
    return options.existing(options.location(named))


def _snapshots(ctx: click.Context, incomplete: str) -> Iterator[Item]:
    """Yields tags, messages that only one snapshot has, and ids, each with when and what."""
    repository = _opened(ctx)
    if repository is None:
        return
    is_deleted = ctx.info_name == "undelete"
    found = repository.listing(deleted=is_deleted, linked=False)
    if not is_deleted:
        yield CompletionItem(LATEST, help="the newest snapshot")
        if ctx.info_name in {"show", "diff"}:
            yield CompletionItem(LIVE, help="the machine as it is now")
    by_id = {snapshot.id: snapshot for snapshot in found.snapshots}
    for identity, tags in found.tags.items():
        if identity in by_id:
            yield from (CompletionItem(tag, help=_about(by_id[identity])) for tag in sorted(tags))
    messages = [snapshot.message for snapshot in found.snapshots]
    for snapshot in found.snapshots:
        if snapshot.message.isprintable() and messages.count(snapshot.message) == 1 and snapshot.message:
            yield CompletionItem(snapshot.message, help=_about(snapshot, with_message=False))
    ids = (snapshot for snapshot in found.snapshots if snapshot.id.startswith(incomplete))
    for snapshot in islice(ids, _MOST):
        yield CompletionItem(snapshot.id[: max(_DIGITS, len(incomplete))], help=_about(snapshot))


def _about(snapshot: Snapshot, *, with_message: bool = True) -> str:
    import time

    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(snapshot.created_at / 1000))
    message = "".join(letter if letter.isprintable() else " " for letter in snapshot.message)
    return f"{when}  {message}".rstrip() if with_message else when


def _tags(ctx: click.Context, incomplete: str) -> Iterator[Item]:  # noqa: ARG001 -- as the others
    repository = _opened(ctx)
    if repository is not None:
        names = {tag for tags in repository.listing(linked=False).tags.values() for tag in tags}
        yield from map(CompletionItem, sorted(names))


def _packages(ctx: click.Context, incomplete: str) -> Iterator[Item]:  # noqa: ARG001 -- as the others
    repository = _opened(ctx)
    if repository is None:
        return
    inventory = repository.inventory(repository.get(LATEST))
    manifests = (reading.manifest for reading in inventory.readings if reading.manifest is not None)
    names = {package.name for manifest in manifests for package in manifest.packages}
    yield from (CompletionItem(name) for name in sorted(names) if name.isprintable() and " " not in name)


def _environments(ctx: click.Context, incomplete: str) -> Iterator[Item]:  # noqa: ARG001 -- as the others
    repository = _opened(ctx)
    if repository is None:
        return
    slots = repository.get(str(ctx.params.get("revision") or LATEST)).slots
    found = {slot.environment: slot.ecosystem for slot in slots if slot.environment.isprintable()}
    yield from (CompletionItem(place, help=found[place]) for place in sorted(found) if place)


def _ecosystems(ctx: click.Context, incomplete: str) -> Iterator[Item]:  # noqa: ARG001 -- as the others
    from cortexrepo.ecosystems import registry

    before, comma, _ = incomplete.rpartition(",")
    yield from (CompletionItem(f"{before}{comma}{name}") for name in registry.names())


_VALUES: dict[str, Callable[[click.Context, str], Iterator[Item]]] = {
    "revision": _snapshots,
    "revisions": _snapshots,
    "package": _packages,
    "packages": _packages,
    "exclude": _packages,
    "expression": _packages,
    "environment": _environments,
    "environments": _environments,
    "tags": _tags,
    "keep_tag": _tags,
    "name": _tags,
    "only": _ecosystems,
}
"""What a parameter of that name can be."""
