"""A kit for each ecosystem: versions in their order, the official tool for that order, and the files that are read."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Pairs = Sequence[tuple[str, str]]


class Kit(NamedTuple):
    """What is known of one ecosystem.

    Attributes:
        versions: Valid versions, older ones first; none equals another.
        official: Returns what the official tool says of pairs of versions, -1, 0 or 1 each; skips where it is missing.
        names: Names that packages have.
        files: The files that it reads, below a root; each may be anything on a hostile machine.
    """

    versions: tuple[str, ...]
    official: Callable[[Pairs], list[int]]
    names: tuple[str, ...]
    files: tuple[str, ...]


class Environment(NamedTuple):
    """An environment of an ecosystem with several; everything below its own path.

    Attributes:
        counts: Files that decide which code its programs run, or from where they install.
        packages: The directory of its packages.
        facts: What identifies it further.
    """

    counts: tuple[str, ...]
    packages: str
    facts: tuple[tuple[str, str], ...] = ()


def _need(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")


def _dpkg(pairs: Pairs) -> list[int]:
    _need("dpkg")
    found = []
    for one, other in pairs:
        is_less, is_equal = (
            subprocess.run(["dpkg", "--compare-versions", one, how, other], check=False).returncode == 0
            for how in ("lt", "eq")
        )
        found.append(-1 if is_less else 0 if is_equal else 1)
    return found


def _pip(pairs: Pairs) -> list[int]:
    """pip's own copy of the library that orders versions, in a Python of its own."""
    _need("/usr/bin/python3")
    program = (
        "import json, sys\n"
        "from pip._vendor.packaging.version import Version\n"
        "pairs = [(Version(one), Version(other)) for one, other in json.load(sys.stdin)]\n"
        "print(json.dumps([(one > other) - (one < other) for one, other in pairs]))\n"
    )
    done = subprocess.run(
        ["/usr/bin/python3", "-I", "-c", program],
        input=json.dumps(list(pairs)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip("needs pip for /usr/bin/python3")
    return [int(number) for number in json.loads(done.stdout)]


def _npm(pairs: Pairs) -> list[int]:
    """The library that npm orders versions with, as it comes with npm."""
    _need("node")
    _need("npm")
    program = (
        "const path = require('path'); const fs = require('fs');"
        "const npm = path.dirname(path.dirname(fs.realpathSync(process.argv[1])));"
        "const semver = require(require.resolve('semver', {paths: [npm]}));"
        "const pairs = JSON.parse(fs.readFileSync(0));"
        "console.log(JSON.stringify(pairs.map(([one, other]) => semver.compare(one, other))));"
    )
    words = ["node", "-e", program, str(shutil.which("npm"))]
    done = subprocess.run(words, input=json.dumps(list(pairs)), capture_output=True, text=True, check=True)
    return [int(number) for number in json.loads(done.stdout)]


def _rpm(pairs: Pairs) -> list[int]:
    _need("rpm")
    lines = "".join(f'print(rpm.vercmp("{one}", "{other}").." ");' for one, other in pairs)
    done = subprocess.run(["rpm", "--eval", f"%{{lua:{lines}}}"], capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


KITS: dict[str, Kit] = {
    "apt": Kit(
        ("0~~", "0~a", "0", "1.0~rc1-1", "1.0-1", "1.0-1+b1", "1.0-10", "1.0a-1", "1.0+x-1", "1.1", "1:0.1", "2:0"),
        _dpkg,
        ("bc", "libstdc++6", "0ad"),
        ("var/lib/dpkg/status", "var/lib/dpkg/arch", "var/lib/apt/extended_states"),
    ),
    "npm": Kit(
        ("0.0.1-0", "0.0.1", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0",
         "1.2.0", "1.10.0", "2.0.0"),
        _npm,
        ("lodash", "@types/node", "left-pad"),
        ("usr/lib/node_modules/npm/package.json", "usr/local/lib/node_modules/a/package.json"),
    ),
    "pip": Kit(
        ("0.dev1", "1.0.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0+local.1", "1.0.post1", "1.1", "1.10", "1!0.1"),
        _pip,
        ("six", "zope.interface", "Foo_Bar"),
        ("usr/lib/python3/dist-packages/a-1.dist-info/METADATA", "usr/lib/python3/dist-packages/b.egg-info"),
    ),
    "rpm": Kit(
        ("0~~", "1~rc1", "1", "1^git1", "1a", "1.0", "1.0.1", "1.2", "1.10", "2"),
        _rpm,
        ("bash", "libstdc++", "python3.11"),
        ("usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/Packages", "usr/lib/sysimage/rpm/rpmdb.sqlite-wal"),
    ),
}  # fmt: skip
ENVIRONMENTS: dict[str, Environment] = {
    "npm": Environment(
        ("bin/npm", "bin/node", "etc/npmrc", "lib/node_modules/a", "lib/node_modules/@b/c",
         "lib/node_modules/npm/npmrc"),
        "lib/node_modules",
    ),
    "pip": Environment(
        ("bin/python", "bin/python3", "bin/python3.11", "pyvenv.cfg", "pip.conf", "lib/python3.11/site-packages/x.pth",
         "lib/python3.11/site-packages/sitecustomize.py", "lib/python3.11/site-packages/a.py"),
        "lib/python3.11/site-packages",
        (("python", "3.11"),),
    ),
}  # fmt: skip
