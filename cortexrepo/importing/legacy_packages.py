"""The package lists of the old tool, as readings: what it says, and no more than that.

It asked `dpkg-query -W`, `pip list` of the Python that it ran with, and `npm list -g`, and kept names and versions.
Where a program was missing or failed it kept an empty list, so that an empty list says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.machine.text import clean
from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.sketch import SKETCHED
from cortexrepo.model.snapshot import FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Mapping

_EMPTY = "the old tool recorded no package: the machine had none, or the package manager was missing or failed"
_KEYS = (
    ("id", "os/ID"),
    ("kernel", "kernel/running"),
    ("pretty_name", "os/PRETTY_NAME"),
    ("version_codename", "os/VERSION_CODENAME"),
    ("version_id", "os/VERSION_ID"),
)
"""What the old tool knew of the machine that a snapshot keeps too: its key, and the name of the row."""
_LONGEST = 256


def ecosystems() -> frozenset[str]:
    """Returns those of which names and versions can be taken over."""
    return frozenset(registry.able(registry.NAMING))


def readings(packages: Mapping[str, object]) -> tuple[Reading, ...]:
    """Returns a reading for each ecosystem that the old tool recorded, sorted.

    Rows are sketches: no architecture, flag or environment is made up. An empty list is `FAILED`, for it never meant
    that nothing was installed; rows that make no sense are left out, and the reading is `PARTIAL`.
    """
    return tuple(_reading(name, packages[name]) for name in sorted(ecosystems()) if name in packages)


def machine(info: Mapping[str, object]) -> tuple[Reading, ...]:
    """Returns what was recorded of the machine itself, as a reading in part; none where nothing was."""
    found = [(row, value(info, key)) for key, row in _KEYS]
    rows = [Package(row, "", text) for row, text in found if text]
    if not rows:
        return ()
    error = "the old tool recorded only the release and the kernel"
    (name,) = registry.machine()
    return (Reading(name, "", PARTIAL, Manifest.of(name, rows), error),)


def value(info: Mapping[str, object], key: str) -> str:
    """Returns the text under `key` on one line, without what cannot be stored; empty where there is none."""
    found = info.get(key)
    return " ".join(clean(found).split())[:_LONGEST] if isinstance(found, str) else ""


def _reading(ecosystem: str, listed: object) -> Reading:
    if not isinstance(listed, list):
        return Reading(ecosystem, "", FAILED, None, "the old tool's list of packages cannot be read")
    if not listed:
        return Reading(ecosystem, "", FAILED, None, _EMPTY)
    rows = [row for row in (_row(ecosystem, entry) for entry in listed) if row is not None]
    lost = len(listed) - len(rows)
    error = f"{lost} of the {len(listed)} packages that the old tool recorded cannot be read" if lost else ""
    if not rows:
        return Reading(ecosystem, "", FAILED, None, error)
    return Reading(ecosystem, "", PARTIAL if lost else OK, Manifest.of(ecosystem, rows), error, (SKETCHED,))


def _row(ecosystem: str, entry: object) -> Package | None:
    """Returns the package, or None for what is none."""
    if not isinstance(entry, dict):
        return None
    name, version = entry.get("name"), entry.get("version")
    names = registry.spelling(ecosystem)
    assert names is not None
    if not isinstance(name, str) or not isinstance(version, str) or not names.is_name(name):
        return None
    if version == "unknown" and not names.is_version(version):
        version = ""  # the old tool wrote it where the package manager said none
    if len(version) > _LONGEST or not version.isprintable() or " " in version:
        return None
    plain = names.spelled(name)
    return Package(plain, "", version, 0, (("name", name),) if plain != name else ())
