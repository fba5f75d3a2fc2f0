"""Unpacking: the files of a wheel as they would be in an environment, in a directory of ours."""

from __future__ import annotations

import re
import warnings
import zipfile
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.pip.wheels.entry_points import entry_points
from cortexrepo.ecosystems.pip.wheels.entry_program import as_pip, is_newer
from cortexrepo.ecosystems.pip.wheels.wheel import check_content, check_row, describe
from cortexrepo.errors import FetchError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from installer.destinations import SchemeDictionaryDestination
    from installer.records import RecordEntry
    from installer.sources import WheelFile

    from cortexrepo.ecosystems.pip.environments.layout import Layout
    from cortexrepo.model.package import Package

_SCRIPT_NAME = re.compile(r"[A-Za-z0-9_.+-]+\Z", re.ASCII)


class Unpacking(NamedTuple):
    """What is the same for every wheel of an environment: its layout, the path in `#!` lines, what stands for `/`."""

    layout: Layout
    python: str
    tree: str

    def unpack(self, path: str, row: Package, marks: dict[str, bytes]) -> str:
        """Unpacks a wheel below `tree`, and returns where its dist-info will be.

        Every file was checked against the wheel's RECORD before the first one is written.

        Args:
            path: The wheel.
            row: What it must be installed as.
            marks: The small files to put into its dist-info.

        Raises:
            FetchError: It is another one, damaged, or something in it is not allowed. A part of it may be there.
            OSError: The disk failed.
        """
        from installer import install  # only when there is something to install
        from installer.exceptions import InstallerError

        check_row(path, describe(path), row)
        try:
            with warnings.catch_warnings(), _opened(path, self.layout.python) as source:
                warnings.simplefilter("ignore")  # Bytecode in a wheel is passed over, as pip does.
                check_content(source, path)
                install(source, self._destination(row), marks)
                info = f"{self.layout.site}/{source.dist_info_dir}"
        except (ValueError, AssertionError, KeyError, InstallerError, zipfile.BadZipFile, UnicodeError) as error:
            raise FetchError(f"{path} cannot be unpacked: {error}") from error
        return info

    def _destination(self, row: Package) -> SchemeDictionaryDestination:
        layout = self.layout
        schemes = {
            "purelib": layout.site,
            "platlib": layout.site,
            "scripts": layout.scripts,
            "data": layout.prefix,
            "headers": layout.headers(row.attribute("name") or row.name),
        }
        return _destination(schemes, self.python, self.tree)


def _opened(path: str, python: str) -> AbstractContextManager[WheelFile]:
    """Opens a wheel, whose entry points are as pip reads them for a version of Python."""
    from pathlib import Path

    from installer.sources import WheelFile

    class Source(WheelFile):
        def read_dist_info(self, filename: str) -> str:
            """Returns a file of the dist-info."""
            text = super().read_dist_info(filename)
            return entry_points(text, python) if filename == "entry_points.txt" else text

    return Source.open(Path(path))


def _destination(schemes: dict[str, str], python: str, tree: str) -> SchemeDictionaryDestination:
    """Returns where a wheel goes."""
    from installer.destinations import SchemeDictionaryDestination
    from installer.scripts import Script

    newer = is_newer(schemes["scripts"], schemes["purelib"])

    class Destination(SchemeDictionaryDestination):
        def write_script(self, name: str, module: str, attr: str, section: str) -> RecordEntry:
            """Writes a program for an entry point, letter by letter as pip writes it."""
            del section  # Only Windows tells them apart.
            if not _SCRIPT_NAME.match(name):
                raise FetchError(f"{name!r} is not an allowed name of a program")
            _, data = Script(name, module, attr, "console").generate(self.interpreter, "posix")
            import io

            program = io.BytesIO(as_pip(data, newer=newer))
            return self.write_to_fs("scripts", name, program, is_executable=True)  # type: ignore[arg-type]

    # Packages share files, such as the empty `__init__.py` of a directory: the last one's stays, as with pip.
    return Destination(schemes, python, "posix", destdir=tree, overwrite_existing=True)
