"""Roots in which files are installed, and what a look at them says."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.installed import Asked
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.recording.reading import read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cortexrepo.model.installed import Finding
    from cortexrepo.recording.inspecting import Function

    Told = tuple[str, str, str]
    """The kind of a finding, the package's name, and the path."""


def put(path: Path, text: str) -> None:
    """Writes a file, with the directories that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


class DpkgRoot:
    """A root whose dpkg has installed what `add` says."""

    def __init__(self, path: Path) -> None:
        """Takes an empty directory."""
        self.path = path
        self.info = path / "var/lib/dpkg/info"
        put(path / "var/lib/dpkg/status", "")
        put(path / "var/lib/dpkg/arch", "amd64\n")
        self.info.mkdir()

    def add(
        self,
        name: str,
        files: Mapping[str, str],
        *,
        conffiles: Mapping[str, str] | None = None,
        others: Sequence[str] = (),
        status: str = "install ok installed",
        script: str = "",
        sums: bool = True,
    ) -> None:
        """Installs a package.

        Args:
            name: The package.
            files: The content of its files by their paths, which begin without a slash.
            conffiles: The same for configuration files.
            others: Paths that only its list has: links, directories.
            status: Its state.
            script: A word in one of its scripts.
            sums: Whether there are checksums.
        """
        configured = conffiles or {}
        for path, text in {**files, **configured}.items():
            put(self.path / path, text)
        listed = sorted({*files, *configured, *others})
        folders = {str(parent) for path in listed for parent in (self.path / path).relative_to(self.path).parents}
        put(self.info / f"{name}.list", "".join(f"/{path}\n" for path in sorted({*folders, *listed})))
        if sums:
            put(self.info / f"{name}.md5sums", "".join(f"{md5(text)}  {path}\n" for path, text in files.items()))
        if script:
            put(self.info / f"{name}.postinst", f"#!/bin/sh\n{script}\n")
        stanza = f"Package: {name}\nStatus: {status}\nArchitecture: amd64\nVersion: 1.0\n"
        if configured:
            stanza += "Conffiles:\n" + "".join(f" /{path} {md5(text)}\n" for path, text in configured.items())
        with (self.path / "var/lib/dpkg/status").open("a") as status_file:
            status_file.write(f"{stanza}Description: d\n\n")

    def took_over(self, name: str, path: str) -> None:
        """Does to a package's list what dpkg does when another package takes a file of it over."""
        listing = self.info / f"{name}.list"
        listing.write_text(listing.read_text().replace(f"/{path}\n", ""))


def md5(text: str) -> str:
    """Returns the checksum of a text as dpkg writes it."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def distribution(site: Path, name: str, files: Mapping[str, str], version: str = "1.0") -> Path:
    """Writes a distribution with its files, whose paths are those of RECORD; returns its dist-info."""
    info = site / f"{name}-{version}.dist-info"
    own = {f"{info.name}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n"}
    lines = [f"{info.name}/RECORD,,"]
    for path, text in {**own, **files}.items():
        put((site / path), text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(text.encode())}")
    put(info / "RECORD", "\n".join(lines) + "\n")
    return info


def findings(
    root: Path, ecosystem: str, function: Function = "look", *, chosen: Sequence[str] | None = None, named: str = ""
) -> list[tuple[str, Finding]]:
    """Returns what a look says, each with the name of the package.

    Args:
        root: The root directory.
        ecosystem: The ecosystem.
        function: How to look.
        chosen: The names of the packages that are meant; all of them for None.
        named: An environment to read besides those that are found; the last one is looked at.
    """
    system = RootedSystem(str(root))
    try:
        reading = read(ecosystem, system, [named] if named else [])[-1]
        assert reading.manifest is not None, reading
        rows = reading.manifest.packages
        numbers = frozenset(number for number, row in enumerate(rows) if chosen is None or row.name in chosen)
        facet = registry.inspector(ecosystem)
        assert facet is not None
        asked = Asked(reading.environment, reading.facts, rows, numbers)
        found = list(getattr(facet, function)(asked, system))
        return [(rows[one.row].name if one.row >= 0 else "", one) for one in found]
    finally:
        system.close()


def told(found: Sequence[tuple[str, Finding]]) -> list[Told]:
    """Returns the findings that are no mere numbers."""
    return sorted((one.kind, name, one.path) for name, one in found if one.path)


def count(found: Sequence[tuple[str, Finding]], kind: str) -> int:
    """Returns the number of files of a kind."""
    return sum(one.files for _, one in found if one.kind == kind)
