"""cargo's list of what it installed, read without cargo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.reading import Collected
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.machine.files import System

NAME = "cargo"
PATH = "/usr/local/cargo/.crates.toml"
_CRATE = re.compile(r'^"(?P<name>\S+) (?P<version>\S+) \(', re.MULTILINE)


def collect(system: System, named: Sequence[str]) -> list[Collected]:
    """See `Reader.collect`."""
    try:
        content = system.read(PATH, 1 << 20)
    except OSError as error:
        return [Collected("", FAILED, error=f"{PATH}: {error.strerror}")]
    if content is None:
        return [Collected("", ABSENT)]
    rows = [Package(found["name"], "", found["version"]) for found in _CRATE.finditer(content.decode())]
    return [Collected("", OK, Manifest.of(NAME, rows))]
