"""What dpkg's status file says of some packages beyond their state: fields by name, split as dpkg splits them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.database.fields import UnreadableError, split
from cortexrepo.ecosystems.apt.database.status import NEWLINE, named
from cortexrepo.ecosystems.apt.places import STATUS

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping


def on_machine(names: Container[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yields what `of` does of this machine's status file; nothing where it cannot be read."""
    try:
        with open(STATUS, "rb") as file:
            data = file.read()
    except OSError:
        return
    yield from of(data, names)


def of(data: bytes, names: Container[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yields each of these packages with its fields, names in lower case, lines of a value joined as dpkg reads them.

    A stanza that dpkg refuses to split is left out.
    """
    for chunk in data.split(b"\n\n"):
        found = next(named(chunk), None)
        name = found[1].decode("utf-8", "replace").lower() if found is not None else ""
        if name not in names:
            continue
        try:
            yield name, {one.name.decode("utf-8", "replace"): _text(one.value) for one in split(chunk.strip(NEWLINE))}
        except UnreadableError:
            continue


def _text(value: bytes) -> str:
    return " ".join(value.decode("utf-8", "replace").split())
