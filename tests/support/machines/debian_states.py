"""How a Debian system is, by its own tools and by its files: the oracle for restores of Debian's own packages."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING, NamedTuple

from support.machines.debian_roots import NO_DATES, mirror
from support.machines.listing import different, listing

if TYPE_CHECKING:
    from support.machines.beds import Bed
    from support.machines.listing import Entry

_APT = (
    "apt-get", "-qq", "-y", "--no-install-recommends", "--allow-downgrades", "-o", NO_DATES, "-o", "Dpkg::Use-Pty=0",
    "-o", "Dpkg::Options::=--force-confold", "-o", "Acquire::Retries=5", "-o", "Acquire::Languages=none",
)  # fmt: skip
_LEFT = "the package's configuration is left"
_OTHERS = "the configuration file of another version is left"
_CHOICE = "which one it was is not recorded"
_FILE = re.compile(r"(/[^:]*): the configuration file of another version is left")
_FOUND = ("--verify", "--audit", "--get-selections")


class State(NamedTuple):
    """A system at one moment.

    Attributes:
        files: Every file.
        owners: The packages that have a file in dpkg's lists, by its path.
        conffiles: The configuration files of packages.
        told: What dpkg and apt say of it.
    """

    files: dict[str, Entry]
    owners: dict[str, list[str]]
    conffiles: set[str]
    told: dict[str, list[str]]


def apt(bed: Bed, *words: str) -> None:
    """Runs apt-get over Debian's archive; what it fetched is in its cache no longer."""
    bed.run(*_APT, *words)
    bed.run("apt-get", "clean")


def sources(bed: Bed, *suites: str) -> None:
    """Has the apt of a bed know these suites of the archive, and no others."""
    shutil.copyfile("/etc/resolv.conf", bed.path("/etc/resolv.conf"))
    lines = [f"deb {mirror()} {suite} main\n" for suite in suites]
    bed.path("/etc/apt/sources.list").write_text("".join(lines))
    bed.path("/etc/apt/apt.conf.d/99valid").write_text(f'{NO_DATES.replace("=", " ")};Acquire::Languages "none";\n')
    apt(bed, "update")


def state(bed: Bed) -> State:
    """Returns how a system is now."""
    told = {word: bed.run("dpkg", word, code=None).out.splitlines() for word in _FOUND}
    told["marks"] = bed.run("apt-mark", "showauto").out.splitlines()
    told["diversions"] = sorted(bed.run("dpkg-divert", "--list").out.splitlines())
    conffiles = bed.run("dpkg-query", "-W", "-f", "${Conffiles}\n").out.splitlines()
    paths = {_plain(bed, line.split()[0]) for line in conffiles if line.startswith(" ")}
    return State(listing(bed.path("/")), _owners(bed), paths, told)


def lost(before: State, after: State) -> list[str]:
    """Returns the files and links of packages that are not what they were, except configuration files."""
    paths = different(before.files, after.files)
    own = [path for path in paths if path in before.owners or path in after.owners]
    return [
        path for path in own
        if path not in before.conffiles | after.conffiles and not _are_directories(before, after, path)
    ]  # fmt: skip


def said_otherwise(before: State, after: State) -> list[str]:
    """Returns what dpkg and apt say in one state and not in the other, except of configuration files."""
    found = [
        line for key, lines in before.told.items() for line in set(lines).symmetric_difference(after.told[key])
    ]  # fmt: skip
    return sorted(line for line in found if " c /" not in line)


def as_it_was(bed: Bed, before: State, document: dict[str, object]) -> None:
    """Asserts that a restore's word is true: every file of a package is as it was, or what is not has been named.

    Args:
        bed: The system after the restore.
        before: How it was to become.
        document: What the restore said.
    """
    outcome = document.get("outcome")
    assert isinstance(outcome, dict), document
    after = state(bed)
    differences = outcome["differences"]
    residues = {one["package"].split()[0] for one in differences if _LEFT in one["reason"]}
    assert [one for one in differences if not any(text in one["reason"] for text in (_LEFT, _OTHERS, _CHOICE))] == []
    assert outcome["exact"] == (not differences)
    # What is called left is there, and is of packages that are there.
    left = {_plain(bed, path) for one in differences for path in _FILE.findall(one["reason"])}
    assert left <= after.files.keys() & after.conffiles
    if outcome["exact"]:
        assert not {path for path in after.conffiles - before.files.keys() if path in after.files}
    assert lost(before, after) == []
    assert [line for line in said_otherwise(before, after) if line.split()[0].partition(":")[0] not in residues] == []


def _owners(bed: Bed) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place in bed.path("/var/lib/dpkg/info").glob("*.list"):
        for line in place.read_text(errors="surrogateescape").splitlines():
            found.setdefault(_plain(bed, line), []).append(place.stem)
    return found


def _plain(bed: Bed, path: str) -> str:
    """Returns the path by which a listing knows a file: /usr is merged, and lists have either name."""
    first, slash, rest = path.strip("/").partition("/")
    top = bed.path(f"/{first}")
    return (
        f"usr/{first}{slash}{rest}"
        if slash and top.is_symlink() and os.readlink(top) == f"usr/{first}"
        else path.strip("/")
    )


def _are_directories(before: State, after: State, path: str) -> bool:
    entries = [found[path] for found in (before.files, after.files) if path in found]
    return all(entry.mode & 0o170000 == 0o040000 for entry in entries)
