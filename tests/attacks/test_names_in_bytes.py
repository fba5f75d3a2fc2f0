"""Two environments whose names differ in bytes alone are two: recorded, shown and compared, each under its own name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine

PAIRS = {
    "a byte and its escape": (b"v\xff", rb"v\xff"),
    "one backslash and two": (rb"a\b", rb"a\\b"),
    "two backslashes and four": (rb"a\\b", rb"a\\\\b"),
    "two bytes that are no text": (b"v\xfe", b"v\xff"),
    "a part of a letter and the letter": (b"v\xc3", "v\xe9".encode()),
    "a letter composed and decomposed": ("v\xe9".encode(), "ve\u0301".encode()),
    "a newline and its escape": (b"v\nw", rb"v\nw"),
    "a newline and a space": (b"v\nw", b"v w"),
    "a tab and a space": (b"v\tw", b"v w"),
    "a space at the end": (b"v", b"v "),
    "a dot at the end": (b"v", b"v."),
    "a control character and nothing": (b"v\x1b[31m", b"v[31m"),
    "two control characters": (b"v\x01", b"v\x02"),
    "a letter of another case": (b"venv-a", b"VENV-A"),
    "a percent escape": (rb"a\b", b"a%5cb"),
    "a lone surrogate and its escape": (b"v\xed\xb3\xbf", rb"v\xed\xb3\xbf"),
    "a byte-order mark": (b"v", "\ufeffv".encode()),
    "a space that has no width": (b"vw", "v\u200bw".encode()),
    "text that runs backwards": ("v\u202ew".encode(), b"vw"),
    "a letter that looks like another": (b"va", "v\u0430".encode()),
}


def put(cortex: CommandLine, name: bytes, package: str, version: str) -> None:
    """Makes a virtual environment that has one distribution, or changes its version."""
    prefix = os.path.join(os.fsencode(cortex.root), b"opt", name)
    site = os.path.join(prefix, b"lib/python3.11/site-packages")
    os.makedirs(site, exist_ok=True)
    with open(os.path.join(prefix, b"pyvenv.cfg"), "w") as file:
        file.write("home = /usr/bin\nversion = 3.11.2\n")
    info = os.path.join(site, f"{package}-1.dist-info".encode())
    os.makedirs(info, exist_ok=True)
    with open(os.path.join(info, b"METADATA"), "w") as file:
        file.write(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")


def rows(found: object, key: str) -> dict[str, str]:
    """Returns the environment of each package."""
    assert isinstance(found, list)
    return {one["name"]: one[key] for one in found if one["name"] in {"pa", "pb"}}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_both_are_recorded_shown_and_compared(cortex: CommandLine, pair: tuple[bytes, bytes]) -> None:
    for version in ("1", "2"):
        for name, package in zip(pair, ("pa", "pb"), strict=True):
            put(cortex, name, package, version)
        assert cortex("create", "--only", "pip").code == 0
    shown = cortex("show", "latest", "--packages", "--json")
    places = rows(shown.json()["packages"], "environment")
    assert len(set(places.values())) == len(places) == 2
    compared = cortex("diff", "latest~1", "latest", "--json").json()["changes"]
    assert rows(compared, "environment") == places
    for words in (("show", "latest", "--packages"), ("diff", "latest~1", "latest")):
        out = cortex(*words).out
        # Each of the two is there in text, and neither brings a line or a colour of its own.
        assert all(package in out for package in ("pa", "pb"))
        assert "\x1b" not in out
    assert cortex("verify").code == 0
