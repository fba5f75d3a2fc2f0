"""What the JSON documents are made of; each is written field by field, so that a change of a type changes none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.package import flag_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.damage import Damage
    from cortexrepo.model.package import Package
    from cortexrepo.model.snapshot import Cause

    Value = str | int | bool | None | list["Value"] | dict[str, "Value"]
    Document = dict[str, Value]
    Damaged = Iterable[Damage]


def encode(document: Document) -> str:
    """Returns the document on one line, in ASCII, so that it survives every pipe and every locale."""
    from json import dumps

    return dumps(document, separators=(", ", ": "))


def document(command: str, fields: Document) -> Document:
    """Returns the document of a command."""
    return {"schema": f"cortex.snapshot.{command}/1", **fields}


def package(row: Package) -> Document:
    """Returns a package as it is in its manifest."""
    return {
        "name": row.name,
        "arch": row.arch,
        "version": row.version,
        "flags": list(flag_names(row.flags)),
        "attributes": dict(row.attributes),
    }


def cause(found: Cause) -> Document:
    """Returns why a snapshot was made."""
    return {"command": found.command, "user": found.user, "reason": found.reason}


def damages(damaged: Damaged) -> list[Value]:
    """Returns the files that could not be read."""
    return [{"key": one.key, "reason": one.reason, "kind": one.kind} for one in damaged]
