"""An artifact: the file of a package, kept so that it can be put back when no source offers it any more."""

from __future__ import annotations

from typing import NamedTuple


class Artifact(NamedTuple):
    """One kept file.

    Attributes:
        ecosystem: The ecosystem's name.
        name: The package's name, as in a manifest.
        arch: Its architecture, as in a manifest.
        version: Its version, as in a manifest.
        file: The file's own name: what an installer needs to see, such as `numpy-1.26.0-cp311-cp311-linux.whl`.
        content: BLAKE3 over the file, 64 hexadecimal digits.
        size: Bytes.
        origin: How it was come by: `cache`, `source`, or `installed` for one that was built again from the files of
            the installed package.
    """

    ecosystem: str
    name: str
    arch: str
    version: str
    file: str
    content: str
    size: int
    origin: str
