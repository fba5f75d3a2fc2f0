"""The entry points of a wheel: the programs that pip makes for them. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.environments.python_prefix import FREE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from configparser import ConfigParser

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
        python: `3.11`, or `3.13t` without a global lock; where the minor version is not known, all names stay as the
            wheel has them.

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
        message = f"entry_points.txt is invalid: {error.message}"
        raise ValueError(" ".join(message.split())) from error
    if any("%" in target for _, target in _scripts(config)):
        message = "entry_points.txt is invalid: a module name contains %"
        raise ValueError(message)  # What unpacks the wheel would put something else there.
    console = config[_SECTIONS[0]] if config.has_section(_SECTIONS[0]) else {}
    for program, others, names in _VERSIONED:
        target = console.get(program)
        if target and "." in python:
            for other in filter(others.match, list(console)):
                del console[other]
            console.update({name.format(*python.removesuffix(FREE).split(".")): target for name in names})
    return config
