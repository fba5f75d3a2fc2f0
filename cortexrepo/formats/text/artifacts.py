"""Artifacts, for people: what was kept, what is kept for whom, and what can be put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.listing import SHORT
from cortexrepo.formats.text.moments import dated
from cortexrepo.formats.text.quantities import counted, size
from cortexrepo.formats.text.style import BOLD, CYAN, DIM, GREEN, RED, YELLOW
from cortexrepo.formats.text.table import Cell, align
from cortexrepo.model.artifact import INSTALLED, MISSING, ROOT, SEVERAL, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.artifact import Artifact, Availability, Lack, Shelved

_COLOURS = {MISSING: RED, UNKNOWN: YELLOW}


def kept(found: Sequence[Artifact], present: int, lacks: Sequence[Lack], style: Style) -> list[str]:
    """Returns a line that says how many files were kept, how many were there, and how many are not available."""
    total = sum(artifact.size for artifact in found)
    parts = [f"{counted(len(found), 'file')} kept ({size(total)})" if found else "no new file kept"]
    if present:
        parts.append(f"{present} kept before")
    useless = sum(1 for artifact in found if artifact.holder == SEVERAL)
    if useless:
        parts.append(style.paint(f"{useless} for no restore: several people can change the installed files", YELLOW))
    if lacks:
        parts.append(style.paint(f"{len(lacks)} not available", RED))
    return [", ".join(parts)]


def lacking(lacks: Sequence[Lack], style: Style, most: int | None = None) -> list[str]:
    """Returns a line for each package without a file: `not kept: apt bash 5.2-1: not in apt's cache`.

    Args:
        lacks: The packages.
        style: Where the lines go.
        most: Where there are more, the others are only counted.
    """
    lines = [
        f"{style.paint('not kept:', YELLOW)} {escape(lack.ecosystem)} {escape(lack.package.name)} "
        f"{escape(lack.package.version)}: {escape(lack.reason)}"
        for lack in lacks[:most]
    ]
    return [*lines, f"and {len(lacks) - most} more; --json names all"] if most and len(lacks) > most else lines


def snapshots(found: Sequence[Shelved], files: int, total: int, unneeded: int, style: Style) -> list[str]:
    """Returns a line for each snapshot: how many of its packages are kept, in how many bytes; and one with all."""
    rows = [
        [
            Cell(one.snapshot[:SHORT], (YELLOW,)),
            Cell(dated(one.created_at, style), (DIM,)),
            Cell(f"{one.kept} of {one.wanted}"),
            Cell(size(one.size)),
            Cell(f"{size(one.alone)} not needed by a newer one" if one.alone else "", (DIM,)),
        ]
        for one in found
    ]
    last = f"{counted(files, 'file')} in all ({size(total)})"
    if unneeded:
        last += f"; {size(unneeded)} not needed by a listed snapshot"
    return [*align(rows, style), last]


def files(found: Iterable[Artifact], style: Style) -> list[str]:
    """Returns a line for each artifact: ecosystem, file, size, and how it was come by."""
    rows = [
        [
            Cell(escape(artifact.ecosystem), (DIM,)),
            Cell(escape(artifact.file)),
            Cell(size(artifact.size)),
            Cell(_from(artifact), (DIM,)),
        ]
        for artifact in found
    ]
    return align(rows, style) or ["no file is kept for this snapshot"]


def _from(artifact: Artifact) -> str:
    """Returns how a file was come by, and for whose environments it is."""
    if not artifact.holder:
        unknown = ", for no restore: it is not known from whose files it was made"
        return artifact.origin + (unknown if artifact.origin == INSTALLED else "")
    about = f"{artifact.origin}, from {escape(artifact.environment)}"
    if artifact.holder == SEVERAL:
        return f"{about}, for no restore: several people can change the installed files"
    return about + ("" if artifact.holder == ROOT else f", for the user {artifact.holder} alone")


def restorable(found: Sequence[Availability], style: Style) -> list[str]:
    """Returns a line for each package, where its file is or why it is not available, and one with the totals."""
    rows = [
        [
            Cell(escape(one.ecosystem), (DIM,)),
            Cell(escape(one.package.name)),
            Cell(escape(one.package.version)),
            Cell(one.place, (_COLOURS.get(one.place, GREEN),)),
            Cell(escape(one.reason), (DIM,)),
            Cell(escape(one.environment), (CYAN,)),
        ]
        for one in found
    ]
    counts: dict[str, int] = {}
    for one in found:
        counts[one.place] = counts.get(one.place, 0) + 1
    said = ", ".join(f"{count} {place}" for place, count in sorted(counts.items())) or "none is installed from a file"
    return [*align(rows, style), style.paint(f"{counted(len(found), 'package')}: {said}", BOLD)]


def to_keep(found: Sequence[Availability], identity: str) -> list[str]:
    """Returns how many packages could not be put back today, and how their files and those of others are kept."""
    missing = sum(one.place == MISSING for one in found)
    if not missing:
        return []
    fetch, keep = f"`cortex snapshot artifacts fetch {identity[:12]}`", "`cortex snapshot create --keep-artifacts`"
    told = f"{missing} of {counted(len(found), 'package')} could not be put back today"
    return [f"{told}; to keep the files that can be had: {fetch}; from now on: {keep}"]


def unasked(identity: str) -> list[str]:
    """Returns what the first snapshot of a repository does not say: whether its packages could be put back."""
    show = f"cortex snapshot show {identity[:12]} --restorable"
    fetch = f"cortex snapshot artifacts fetch {identity[:12]}"
    told = "whether each package could be put back later was not looked at"
    return [f"{told}: `{show}`; to keep the packages' files: `{fetch}`"]
