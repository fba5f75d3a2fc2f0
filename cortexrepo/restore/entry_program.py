"""Programs for entry points: which pip makes, and as pip writes them, from pip 25 on in another way than before."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from configparser import ConfigParser

_MAKER = "pip/_internal/operations/install/wheel.py"
_LIMIT = 1 << 20
_SHORT = 1 << 12
_MOST = 500
_NEW = b"sys.argv[0].removesuffix('.exe')"
_OLD = b"re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])"
_SECTIONS = ("console_scripts", "gui_scripts")
_VERSIONED = (
    ("pip", re.compile(r"pip(\d+(\.\d+)?)?$", re.ASCII), ("pip", "pip{0}", "pip{0}.{1}")),
    ("easy_install", re.compile(r"easy_install(-\d+\.\d+)?$", re.ASCII), ("easy_install", "easy_install-{0}.{1}")),
)
"""A program, what other names its wheel may give it, and those that it gets."""


def entry_points(text: str, python: str) -> str:
    """Returns the entry points of a wheel as pip reads them.

    The programs of pip and of old setuptools bear the version of the Python that they are for; their wheels name that
    which they were built with, or none. (pip, `get_console_script_specs`.)

    Args:
        text: The content of `entry_points.txt`.
        python: `3.11`.

    Raises:
        ValueError: It makes no sense.
    """
    from io import StringIO

    written = StringIO()
    _read_points(text, python).write(written)
    return written.getvalue()


def programs(text: str, python: str) -> set[str]:
    """Returns the names of the programs that pip makes for entry points. Takes and raises what `entry_points` does."""
    return {name for name, _ in _scripts(_read_points(text, python))}


def _scripts(config: ConfigParser) -> Iterator[tuple[str, str]]:
    for section in filter(config.has_section, _SECTIONS):
        yield from config.items(section)


def _read_points(text: str, python: str) -> ConfigParser:
    import configparser

    config = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    config.optionxform = str  # type: ignore[assignment, method-assign] # capitals count
    try:
        config.read_string(text)
    except configparser.Error as error:
        message = f"its entry points make no sense: {error.message}"
        raise ValueError(" ".join(message.split())) from error
    if any("%" in target for _, target in _scripts(config)):
        message = "its entry points make no sense: no module is called so"
        raise ValueError(message)  # What unpacks the wheel would put something else there.
    console = config[_SECTIONS[0]] if config.has_section(_SECTIONS[0]) else {}
    for program, others, names in _VERSIONED:
        if target := console.get(program):
            for other in filter(others.match, list(console)):
                del console[other]
            console.update({name.format(*python.split(".")): target for name in names})
    return config


def is_newer(scripts: str, site: str) -> bool:
    """Returns whether programs are written in the newer way here: as those that are there, or else as pip would.

    Args:
        scripts: The directory of programs.
        site: The site directory, in which pip may be.
    """
    found = [_NEW in data for data in _programs(scripts) if _NEW in data or _OLD in data]
    return sum(found) * 2 > len(found) if found else _NEW in _read(f"{site}/{_MAKER}")


def _programs(scripts: str) -> Iterator[bytes]:
    try:
        names = sorted(os.listdir(scripts))[:_MOST]
    except OSError:
        return
    for name in names:
        yield _read(f"{scripts}/{name}", _SHORT)


def _read(path: str, limit: int = _LIMIT) -> bytes:
    """Returns the beginning of a file; nothing where there is none, or no plain one."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            return file.read(limit)
    except OSError:
        return b""


def as_pip(data: bytes, *, newer: bool) -> bytes:
    """Returns a program that `installer` has made, letter by letter as pip writes it."""
    data = data.replace(b'"__main__"', b"'__main__'").replace(_OLD.replace(b"'", b'"'), _OLD)
    if newer:
        data = data.replace(b"# -*- coding: utf-8 -*-\nimport re\n", b"").replace(_OLD, _NEW)
    return data
