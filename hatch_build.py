"""What hatch does before it packs a wheel: it writes the manual pages, which pipx and others then show."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualPages(BuildHookInterface[Any]):
    """Puts the pages into the wheel as `share/man/man1/*.1`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 -- hatch's signature
        """Writes the pages into a directory that is gone when the wheel is there."""
        sys.path.insert(0, self.root)
        sys.dont_write_bytecode = True
        from cortexrepo.cli.main import cortex
        from cortexrepo.cli.manual.pages import pages

        self._folder = tempfile.TemporaryDirectory()
        for page in pages(cortex, "cortex"):
            path = os.path.join(self._folder.name, page.file)
            with open(path, "w", encoding="ascii") as file:
                file.write(page.text)
            build_data["shared_data"][path] = f"share/man/man1/{page.file}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 -- hatch's
        """Removes the directory."""
        self._folder.cleanup()
