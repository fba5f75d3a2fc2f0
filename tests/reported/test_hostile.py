"""Hostile text is text: inputs of our own, after reports in public trackers."""

from __future__ import annotations

import json
import shutil
import unicodedata
from typing import TYPE_CHECKING

import pytest
from support.machines.installed import put
from support.processes.command_line import CommandLine

from cortexrepo.ecosystems import registry

if TYPE_CHECKING:
    from pathlib import Path

ESCAPES = [
    ("romkatv/powerlevel10k#2961", "1.0.0\x1b]0;title\x07"),
    ("spaceship-prompt/spaceship-prompt#1567", "1.0.0\x1b[2J\x1b[H"),
    ("rust-secure-code/cargo-supply-chain#52", "1.0.0\r9.9.9"),
    ("o2sh/onefetch#1828", "1.0.0\x1b]52;c;aGk=\x07"),
    ("oven-sh/bun#38631", "1.0.0\x9b31m"),
    ("after oven-sh/bun#38631: text that runs backwards", "1.0.0\u202e0.2"),
    ("after oven-sh/bun#38631: letters that nobody sees", "1.0.0\U000e0041\u200b"),
    ("after oven-sh/bun#38631: other ends of lines", "1.0.0\u2028\x85x"),
]
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def machine(root: Path, name: str, version: str) -> Path:
    """Writes a machine whose packages have a name and a version in every place where there is one."""
    put(root / "etc/machine-id", "0" * 32 + "\n")
    put(root / "etc/passwd", "ada:x:1000:1000::/home/ada:/bin/sh\n")
    put(root / "opt/v/pyvenv.cfg", f"home = /usr/{version}\nversion = 3.12.1\n")
    info = root / "opt/v/lib/python3.12/site-packages/alpha-1.dist-info"
    put(info / "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n")
    put(info / "direct_url.json", json.dumps({"url": f"https://x/{version}"}))
    put(info / "INSTALLER", version)
    about = {"name": name, "version": version, "_resolved": f"git://x/{version}"}
    put(root / "usr/lib/node_modules/alpha/package.json", json.dumps(about))
    put(root / "usr/lib/node_modules/beta/package.json", json.dumps({"name": "beta", "version": version}))
    stanza = (
        f"Package: alpha\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\nDescription: d\n\n"
    )
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_bytes(stanza.encode("utf-8", "surrogateescape"))
    return root


def shown(command: CommandLine, *words: str) -> str:
    """Returns all that a command prints; it may say no, and never ends in a traceback."""
    found = command(*words)
    assert found.code in {0, 1, 2, 3, 5, 6, 7}, found
    return found.out + found.err


@pytest.mark.parametrize("version", [row[1] for row in ESCAPES], ids=[row[0] for row in ESCAPES])
def test_nothing_that_a_terminal_obeys_is_printed(tmp_path: Path, version: str) -> None:
    """The source of each case is in its name."""
    command = CommandLine(tmp_path / "repository", machine(tmp_path / "root", f"al{version}pha", version))
    said = [shown(command, "create", "first")]
    shutil.rmtree(tmp_path / "root/opt/v/lib/python3.12/site-packages/alpha-1.dist-info")
    shutil.rmtree(tmp_path / "root/usr/lib/node_modules/beta")
    said += [shown(command, *words) for words in (("diff",), ("status",), ("create", "second"))]
    said += [shown(command, *words) for words in (("log",), ("log", "beta"), ("search", "alpha"), ("list",))]
    said += [
        shown(command, "show", "latest~1", "--packages"),
        shown(command, "show", "latest~1", "--packages", "--json"),
    ]
    found = {letter for text in said for letter in text if unicodedata.category(letter) in _UNSEEN}
    assert found <= {"\n"}


NUMBERS = [
    ("python/cpython#96857", "9" * 5000),
    ("berkerpeksag/astor#212", f"1.{'9' * 4301}"),
    ("after python/cpython#96857: in a release candidate", f"1.0rc{'9' * 900}"),
    ("after python/cpython#96857: in an epoch", f"{'9' * 900}!1"),
    ("npm/npm#8076", "2.1.0.0"),
    ("after npm/npm#8076: beyond what node counts to", "99999999999999999999.0.0"),
    ("after npm/npm#8076: digits of another script", "\uff11.\u0660"),
]


@pytest.mark.parametrize("version", [row[1] for row in NUMBERS], ids=[row[0] for row in NUMBERS])
def test_a_version_of_any_digits_is_recorded_compared_and_searched(tmp_path: Path, version: str) -> None:
    """The source of each case is in its name."""
    command = CommandLine(tmp_path / "repository", machine(tmp_path / "root", "alpha", version))
    shown(command, "create", "first")
    put(tmp_path / "root/usr/lib/node_modules/beta/package.json", '{"name": "beta", "version": "1.0.0"}')
    for words in (
        ("diff",),
        ("create", "second"),
        ("log", "beta"),
        ("search", "beta>=1"),
        ("search", "npm:beta==1.0.0"),
    ):
        shown(command, *words)
    for ecosystem in registry.able(registry.VERSIONS):
        assert registry.compare(ecosystem, version, version) == 0
        assert (registry.compare(ecosystem, version, "1.0") > 0) == (registry.compare(ecosystem, "1.0", version) < 0)


@pytest.mark.parametrize(
    ("content", "name", "version"),
    [
        (b"Name: alpha\nVersion: 1.0\nAuthor: Jos\xe9\n\n", "alpha", "1.0"),
        (b"Author: Jos\xe9\nName: alpha\nVersion: 1.0\n\n", "alpha", "1.0"),
        (b"Name: alpha\r\nVersion: 1.0\r\n\r\n", "alpha", "1.0"),
        (b"Name: alpha\nVersion: 1.0\nVersion: 2.0\n\n", "alpha", "1.0"),
        (b"Name: alpha\nVersion: 1.0\nSummary: a\n b: c\nName: beta\n\n", "alpha", "1.0"),
        (b"Name: alpha\nVersion:\n 1.0\n\n", "alpha", "1.0"),
    ],
)
def test_a_description_is_read_as_far_as_it_makes_sense(
    tmp_path: Path, content: bytes, name: str, version: str
) -> None:
    """open-telemetry/opentelemetry-packaging#116, pypa/setuptools#1790: METADATA that is no UTF-8 stopped all."""
    info = machine(tmp_path, "x", "1") / "opt/v/lib/python3.12/site-packages/alpha-1.dist-info"
    (info / "METADATA").write_bytes(content)
    found = CommandLine(tmp_path / "repository", tmp_path)("show", "live", "--packages", "--json").json()["packages"]
    assert isinstance(found, list)
    assert [(row["name"], row["version"]) for row in found if row["ecosystem"] == "pip"] == [(name, version)]


@pytest.mark.parametrize("raw", [b"\xef\xbb\xbf%s", b"\n\t%s\n", b"%s\n"])
def test_a_byte_order_mark_is_no_damage(tmp_path: Path, raw: bytes) -> None:
    """snyk/cli#81, npm/npm#8615: a package.json that begins with a byte order mark was no package."""
    machine(tmp_path, "x", "1")
    file = tmp_path / "usr/lib/node_modules/beta/package.json"
    file.write_bytes(raw % b'{"name": "beta", "version": "1.2.3"}')
    found = CommandLine(tmp_path / "repository", tmp_path)("show", "live", "--packages", "--json").json()["packages"]
    assert isinstance(found, list)
    assert [row["version"] for row in found if row["name"] == "beta"] == ["1.2.3"]
