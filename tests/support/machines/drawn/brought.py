"""What each drawn package brings, for the oracle: an archive that remembers it."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from support.packages.archive import Archive, Deb

if TYPE_CHECKING:
    from support.machines.drawn.picture import Entry, Picture

    Brought = dict[tuple[str, str], dict[str, Entry]]
    """By package and version, what is to be at each path."""

_REGULAR = 0o100000
_PARTS = 3


class Remembering(Archive):
    """An archive that remembers what was put into its packages."""

    def __init__(self) -> None:
        """Begins empty."""
        super().__init__()
        self.brought: Brought = {}

    def add(self, name: str, version: str, arch: str = "all", **what: object) -> Deb:
        """See `Archive.add`."""
        modes = what.get("modes") or {}
        links = what.get("links") or {}
        files = what.get("files") or {}
        assert isinstance(modes, dict)
        assert isinstance(links, dict)
        assert isinstance(files, dict)
        content = {**files, f"usr/share/{name}/version-{arch}": version + "\n"}
        self.brought[name, version] = {
            **{f"/{path}": (oct(_REGULAR | modes.get(path, 0o644)), text.encode()) for path, text in content.items()},
            **{f"/{path}": ("link", target) for path, target in links.items()},
        }
        folders = {folder for path in (*content, *links) for folder in PurePath(f"/{path}").parents}
        self.brought[name, version] |= {str(folder): ("0o40755",) for folder in folders}
        return super().add(name, version, arch, **what)  # type: ignore[arg-type]

    def owners(self, path: str) -> set[str]:
        """Returns the packages of which any version brings a path."""
        return {name for (name, _), paths in self.brought.items() if path in paths and len(paths[path]) > 1}


def expected(archives: tuple[Remembering, ...], picture: Picture) -> dict[str, set[Entry]]:
    """Returns what may be at each path of the packages that are installed: what one of them brings.

    Where another package diverts a file, the file is at another path.
    """
    diverted = {}
    for line in picture.lines:
        parts = line.split("\t")
        if len(parts) == _PARTS:
            diverted[parts[0]] = (parts[1], parts[2])
    modes = {parts[3]: int(parts[2], 8) for line in picture.lines if len(parts := line.split(" ")) > _PARTS}
    found: dict[str, set[Entry]] = {}
    for name, (version, _, *state) in picture.packages.items():
        if state[-1] in {"not-installed", "config-files"}:
            continue
        for archive in archives:
            for path, one in archive.brought.get((name, version), {}).items():
                target, by = diverted.get(path, (path, name))
                place = path if by == name else target
                if path in modes and one[0] != "link":
                    one = (oct(_REGULAR | modes[path]), *one[1:])  # noqa: PLW2901 -- the administrator's mode
                found.setdefault(place, set()).add(one)
    return found
