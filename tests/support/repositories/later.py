"""Writes files of a version 2 that does not exist: `python tests/support/repositories/later.py`.

Each case is a directory in `tests/data/formats/v2` with files at their places in a repository: copied over a repository
of version 1, they make one in which a newer version wrote too. With them each row of docs/format.md, part 3, is tested.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cortexrepo.codec import objects
from cortexrepo.model import refname
from cortexrepo.repository import layout
from support.repositories.beside import HIDDEN, NEWER, OPAQUE, PLAIN, id_of, plain
from support.repositories.golden import LATER_ID
from support.repositories.later_objects import of_artifacts, of_objects, of_packs, of_segments, of_tables
from support.repositories.later_records import configurations, of_marks, of_refs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.repositories.beside import Files

PLACE = Path(__file__).parents[2] / "data" / "formats" / "v2"

ROWS: Mapping[str, tuple[str, ...]] = {
    "an unknown feature in `config`, *to read*": ("config-to-read",),
    "an unknown feature in `config`, *to write*": ("config-to-write",),
    "an unknown feature in `config`, *to collect*": ("config-to-collect",),
    "an unknown way of publishing": ("config-publish",),
    "a higher version byte in `config`": ("config-version",),
    "a higher version byte or an unknown kind of record, elsewhere": (
        "ref-version", "ref-name", "ref-kind", "tag-version", "tag-kind", "mark-version", "mark-kind",
        "removed-version", "removed-kind", "artifact-version", "artifact-kind",
    ),
    "a higher version byte or an unknown codec of a segment": ("segment-version", "segment-codec"),
    "a higher version byte, an unknown type or codec of an object": ("object-version", "object-type", "object-codec"),
    "a higher version byte or an unknown compression of a pack": ("pack-version", "pack-codec"),
    "a table of slots (5) that is *newer*, damaged or missing": ("table-version",),
    "an unknown kind of block, or an object of an unknown type, in a pack": ("pack-block", "pack-object-type"),
    "an unknown name in *required* of a record": ("ref-required", "tag-required", "mark-required", "removed-required"),
    "an unknown extension": (
        "config-extensions", "ref-extensions", "tag-extensions", "mark-extensions", "removed-extensions",
    ),
    "an unknown status of a slot": ("status-with-object", "status-without-object"),
    "an unknown ecosystem": ("ecosystem",),
    "an unknown flag or attribute": ("flags-and-attributes",),
    "an unknown role of a root": ("root-role", "root-of-an-unknown-type"),
    "an unknown file or directory": ("top",),
}  # fmt: skip
"""The rows of the table in docs/format.md, part 3, by their first cells, and the cases of each."""

RULES = (
    "Behind a higher version byte of a record",
    "In an object, a segment or a pack",
    "A file in `refs/` whose name is no ref's",
    "A record with an unknown name in *required*",
    "A person may delete a snapshot",
    "A repair MAY replace a newer file",
    "A repository of a version before the first release",
)
"""How the rules below that table begin, in their order; `test_rules` has a test of each."""


def encoded() -> dict[str, Files]:
    """Returns every case: its files by their places in a repository."""
    top = {"top": {**plain(), "future": OPAQUE, "later/thing": OPAQUE}}
    parts = (
        configurations(),
        of_refs(),
        of_marks(),
        of_objects(),
        of_tables(),
        of_segments(),
        of_packs(),
        of_artifacts(),
        top,
    )
    return {name: files for part in parts for name, files in part.items()}


def stored(case: str) -> dict[str, bytes]:
    """Returns the files of a case as they were written once."""
    place = PLACE / case
    return {str(path.relative_to(place)): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}


def newer(case: str) -> str:
    """Returns where the file of a case is that a reader of version 1 cannot read, or that has what it does not know."""
    kind = case.partition("-")[0]
    known = {
        "ref": layout.ref_key(refname.of(NEWER)), "tag": layout.tag_key("later"), "mark": layout.mark_key(PLAIN.id),
        "object": layout.object_key(id_of(HIDDEN)), "root": layout.object_key(LATER_ID),
    }  # fmt: skip
    if case == "table-version":
        return next(key for key, data in stored(case).items() if data[:5] == objects.MAGIC + b"\x02")
    if case == "ref-name":
        return next(key for key in stored(case) if key.endswith(".later.7816d5cc"))
    return known.get(kind) or next(key for key in stored(case) if key.startswith(kind))


def main() -> None:
    """Writes the files that are not there yet."""
    for case, files in encoded().items():
        for key, data in files.items():
            path = PLACE / case / key
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_bytes(data)


if __name__ == "__main__":
    main()
