"""The running kernel: the packages that its image and its modules came with, by dpkg's lists and not by names alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.restore.hazards import obstacle, risk
from cortexrepo.ecosystems.contract.restoring import LEAVE_OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Obstacle, Risk

    Parted = Sequence[tuple[Package, str]]
    """Packages, each with its part of the running kernel."""

IMAGE = "image"
MODULES = "modules"
"""The modules that the image was built with."""
ADDED = "added modules"
"""Other modules for the running kernel."""

_IMAGES = r"(?:vmlinu[xz]|[a-z]?Image|bzImage|kernel|linux)"
_ENDING = r"(?:\.(?:efi|gz|signed))?"
_OBJECT = r"\.ko(?:\.(?:gz|xz|zst))?"
_HINT = f"start another kernel first, or {LEAVE_OUT}"


class Kernel:
    """A release of Linux, and what of it a package can have."""

    def __init__(self, release: str) -> None:
        """Takes the release that runs, as `uname -r` prints it."""
        self.release = release
        name = re.escape(release)
        tree = rf"(?:/usr)?/lib/modules/{name}"
        boot = rf"/(?:boot|efi)(?:/[^\n]*)?/(?:{_IMAGES}-{name}|{name}/{_IMAGES})"
        self._patterns = {
            IMAGE: re.compile(rf"(?:{boot}|{tree}/{_IMAGES}){_ENDING}\Z"),
            MODULES: re.compile(rf"{tree}/modules\.(?:order|builtin)\Z"),
            ADDED: re.compile(rf"{tree}/[^\n]*{_OBJECT}\Z"),
        }
        self._names = {f"linux-image-{release}", f"linux-image-{release}-unsigned", f"linux-image-unsigned-{release}"}

    def part(self, row: Package, paths: Iterable[str]) -> str:
        """Returns the first of `IMAGE`, `MODULES` and `ADDED` that a package has; an empty string where it has none.

        Args:
            row: The package. One with the name that Debian gives to the image counts without any file.
            paths: Its files, as dpkg lists them.
        """
        if not self.release:
            return ""
        if row.name in self._names:
            return IMAGE
        # Most paths do not hold the release, and a search in a string is quicker than a pattern.
        own = [path for path in paths if self.release in path]
        return next((part for part, found in self._patterns.items() if any(map(found.match, own))), "")


def obstacles(
    kernel: Kernel, taken: Parted, stay: Iterable[Package], listed: Callable[[Package], Iterable[str]]
) -> Iterator[Obstacle]:
    """Yields the packages whose removal would take the running kernel away.

    Args:
        kernel: The kernel that runs.
        taken: What would be removed.
        stay: The other packages. They are looked at only where it is open which of several has the kernel's modules.
        listed: Returns the files of a package.
    """
    parts = {part for _, part in taken}
    if ADDED in parts and MODULES not in parts and not any(kernel.part(row, listed(row)) == MODULES for row in stay):
        # No package has the list of the modules: then each that has modules may be the kernel.
        taken = [(row, MODULES if part == ADDED else part) for row, part in taken]
    for row, part in taken:
        if part in {IMAGE, MODULES}:
            reason = f"the package has the {part} of the running kernel {kernel.release}, and would be removed"
            yield obstacle("kernel", row, reason, _HINT)


def risks(kernel: Kernel, put: Parted, taken: Parted) -> Iterator[Risk]:
    """Yields the packages whose change the running kernel may notice."""
    for row, part in put:
        if part:
            reason = (
                f"the package has the {part} of the running kernel {kernel.release}: restart the machine afterwards"
            )
            yield risk("kernel", row, reason)
    for row, part in taken:
        if part == ADDED:
            yield risk("kernel", row, f"modules of the running kernel {kernel.release} would be removed")
