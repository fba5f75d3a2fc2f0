"""What a site directory holds, down to its broken corners."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from cortexrepo.ecosystems.pip import read as pip
from cortexrepo.ecosystems.pip.distributions import _file_url
from cortexrepo.ecosystems.pip.metadata import direct_url, normalise, without_credentials
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.package import BROKEN, EDITABLE, OWNED, REQUESTED, Package
from cortexrepo.model.snapshot import OK

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.reading import Collected

SITE = "usr/local/lib/python3.11/site-packages"


def dist(site: Path, entry: str, name: str, version: str) -> Path:
    """Writes a dist-info directory."""
    directory = site / entry
    directory.mkdir(parents=True)
    (directory / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: no\n")
    return directory


def read(root: Path) -> Collected:
    """Collects the one environment under `root`."""
    system = RootedSystem(str(root))
    try:
        (result,) = pip.collect(system, [])
    finally:
        system.close()
    return result


def rows(root: Path) -> tuple[Package, ...]:
    """Returns the rows of the one environment, which must be readable."""
    result = read(root)
    assert result.status == OK, result.error
    assert result.manifest is not None
    return result.manifest.packages


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """An empty site directory."""
    directory = tmp_path / SITE
    directory.mkdir(parents=True)
    return directory


def test_metadata_wins_over_the_entry_name(tmp_path: Path, site: Path) -> None:
    dist(site, "normver-1.0.dist-info", "Norm.Ver", "1.0.0-post1")
    assert rows(tmp_path) == (Package("norm-ver", "", "1.0.0-post1", 0, (("name", "Norm.Ver"),)),)


@pytest.mark.parametrize(
    "content",
    [
        b"metadata-version: 2.1\nname: x\nversion: 1.5\n\n",
        b"Metadata-Version: 2.1\r\nName: x\r\nVersion: 1.5\r\n\r\nName: no\r\n",
        b"Metadata-Version: 2.1\n" + b"Classifier: Some :: Long :: Thing\n" * 400 + b"Name: x\nVersion: 1.5\n\n",
        b"Name: x\nVersion: 1.5",
        b"Name: x\nA: " + b"b" * (4096 - 22) + b"\nVersion: 1.5\n\n",
    ],
    ids=["lower case", "CRLF", "beyond 4 KB", "no line end", "cut inside the version"],
)
def test_odd_header_layouts_are_read_whole(tmp_path: Path, site: Path, content: bytes) -> None:
    (dist(site, "x-0.dist-info", "", "") / "METADATA").write_bytes(content)
    assert rows(tmp_path) == (Package("x", "", "1.5"),)


@pytest.mark.parametrize("content", [None, b"", b"Name: nometa\n\n"], ids=["none", "empty", "no version"])
def test_a_dist_info_without_a_version_is_a_broken_row(tmp_path: Path, site: Path, content: bytes | None) -> None:
    file = dist(site, "nometa-1.0.dist-info", "", "") / "METADATA"
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    assert rows(tmp_path) == (Package("nometa", "", "1.0", BROKEN),)


def test_what_pip_was_removing_is_not_installed(tmp_path: Path, site: Path) -> None:
    dist(site, "~eft-1.0.dist-info", "left", "1.0")
    assert rows(tmp_path) == ()


def test_two_versions_in_one_directory_are_two_rows(tmp_path: Path, site: Path) -> None:
    dist(site, "dup-1.0.dist-info", "dup", "1.0")
    dist(site, "dup-2.0.dist-info", "dup", "2.0")
    assert rows(tmp_path) == (Package("dup", "", "1.0"), Package("dup", "", "2.0"))


def test_every_kind_of_egg_is_listed(tmp_path: Path, site: Path) -> None:
    text = "Metadata-Version: 1.0\nName: {}\nVersion: 3.1\n\n"
    (site / "one-3.1-py3.11.egg-info").write_text(text.format("one"))
    (site / "two-3.1.egg-info").mkdir()
    (site / "two-3.1.egg-info/PKG-INFO").write_text(text.format("two"))
    (site / "three-3.1-py3.11.egg/EGG-INFO").mkdir(parents=True)
    (site / "three-3.1-py3.11.egg/EGG-INFO/PKG-INFO").write_text(text.format("three"))
    (site / "four-3.1-py3.11.egg").write_bytes(b"PK")
    assert [(row.name, row.version) for row in rows(tmp_path)] == [
        ("four", "3.1"),
        ("one", "3.1"),
        ("three", "3.1"),
        ("two", "3.1"),
    ]


def test_a_development_install_is_editable_and_listed_once(tmp_path: Path, site: Path) -> None:
    project = tmp_path / "src/legacy"
    (project / "legacy.egg-info").mkdir(parents=True)
    (project / "legacy.egg-info/PKG-INFO").write_text("Name: legacy\nVersion: 0.7\n\n")
    (site / "legacy.egg-link").write_text("/src/legacy\n.\n")
    (site / "easy-install.pth").write_text("/src/legacy\n")
    assert rows(tmp_path) == (Package("legacy", "", "0.7", EDITABLE, (("url", "file:///src/legacy"),)),)


def test_pth_lines_are_followed_but_code_and_other_environments_are_not(tmp_path: Path, site: Path) -> None:
    dist(site, "here-1.dist-info", "here", "1")
    dist(tmp_path / "extra", "here-9.dist-info", "here", "9")
    dist(tmp_path / "extra", "viapth-5.dist-info", "viapth", "5")
    dist(tmp_path / "code", "code-5.dist-info", "code", "5")
    (site / "a.pth").write_text("# comment\nimport sys; sys.path.append('/code')\n/extra\n../../../../../nowhere\n.\n")
    assert [(row.name, row.version) for row in rows(tmp_path)] == [("here", "1"), ("viapth", "5")]


def test_that_uv_calls_everything_requested_is_passed_over(tmp_path: Path, site: Path) -> None:
    directory = dist(site, "x-1.dist-info", "x", "1")
    (directory / "INSTALLER").write_text("uv\n")
    (directory / "REQUESTED").touch()
    assert rows(tmp_path) == (Package("x", "", "1", 0, (("installer", "uv"),)),)


def test_installer_request_and_origin_are_recorded(tmp_path: Path, site: Path) -> None:
    directory = dist(site, "x-1.dist-info", "x", "1")
    (directory / "INSTALLER").write_text("poetry 1.8\n")
    (directory / "REQUESTED").touch()
    record = {"url": "https://me:pw@host/r.git", "vcs_info": {"vcs": "git", "commit_id": "ab12"}}
    (directory / "direct_url.json").write_text(json.dumps(record))
    attributes = (("installer", "poetry 1.8"), ("url", "git+https://host/r.git@ab12"))
    assert rows(tmp_path) == (Package("x", "", "1", REQUESTED, attributes),)


@pytest.mark.parametrize("content", ["{", "", "\n"])
def test_a_broken_direct_url_is_an_unknown_one_and_the_environment_is_complete(
    tmp_path: Path, site: Path, content: str
) -> None:
    (dist(site, "x-1.dist-info", "x", "1") / "direct_url.json").write_text(content)
    result = read(tmp_path)
    assert (result.status, result.error) == (OK, "")
    assert result.manifest is not None
    assert result.manifest.packages == (Package("x", "", "1", 0, (("url", "?"),)),)


def test_hidden_directories_are_passed_over_as_pip_does(tmp_path: Path, site: Path) -> None:
    dist(site, ".hidden-1.0.dist-info", "hidden", "1.0")
    assert rows(tmp_path) == ()


def test_a_fifo_for_metadata_is_a_broken_row_and_blocks_nothing(tmp_path: Path, site: Path) -> None:
    file = dist(site, "pipe-1.dist-info", "", "") / "METADATA"
    file.unlink()
    os.mkfifo(file)
    result = read(tmp_path)
    assert (result.status, result.error) == (OK, "")
    assert result.manifest is not None
    assert result.manifest.packages == (Package("pipe", "", "1", BROKEN),)


def test_metadata_outside_the_root_is_not_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    outside = tmp_path / "outside"
    outside.write_text("Name: stolen\nVersion: 1\n\n")
    file = dist(root / SITE, "link-1.dist-info", "", "") / "METADATA"
    file.unlink()
    file.symlink_to(outside)
    os.mkfifo(root / SITE / "fifo-1.dist-info")
    assert [(row.name, row.flags) for row in rows(root)] == [("fifo", BROKEN), ("link", BROKEN)]


def test_control_and_undecodable_text_never_reaches_a_row(tmp_path: Path, site: Path) -> None:
    (dist(site, "x-1.dist-info", "", "") / "METADATA").write_bytes(b"Name: e\x1b[31m\xff\nVersion: 1\x07\n\n")
    os.mkdir(os.fsencode(site) + b"/n\xffo-1.dist-info")  # a name that is not text
    found = rows(tmp_path)
    assert sorted(row.version for row in found) == ["1", "1\ufffd"]
    assert all(row.name.isprintable() and row.name.encode() for row in found)


def test_dpkg_owns_what_has_no_installer_and_what_its_lists_name(tmp_path: Path) -> None:
    site = tmp_path / "usr/lib/python3/dist-packages"
    info = tmp_path / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    dist(site, "plain-1.dist-info", "plain", "1")
    for name in ("listed", "foreign"):
        (dist(site, f"{name}-1.dist-info", name, "1") / "INSTALLER").write_text("pip\n")
    (info / "python3-listed.list").write_text("/.\n/usr/lib/python3/dist-packages/listed-1.dist-info\n")
    assert [(row.name, row.flags) for row in rows(tmp_path)] == [("foreign", 0), ("listed", OWNED), ("plain", OWNED)]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"url": "file:///src", "dir_info": {"editable": True}}, ("file:///src", True)),
        ({"url": "https://h/a.whl", "archive_info": {"hash": "sha256=ab"}}, ("https://h/a.whl#sha256=ab", False)),
        (
            {"url": "https://h/a.zip", "archive_info": {"hashes": {"sha256": "ab"}}, "subdirectory": "s"},
            ("https://h/a.zip#sha256=ab&subdirectory=s", False),
        ),
    ],
)
def test_a_direct_url_says_origin_and_editable(record: dict[str, object], expected: tuple[str, bool]) -> None:
    assert direct_url(json.dumps(record).encode()) == expected


@pytest.mark.parametrize("content", [b"[]", b"null", b"{}", b'{"url": 3}', b"\xff", b'{"url":"x","vcs_info":{}}'])
def test_what_is_no_direct_url_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        direct_url(content)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://user:pw@host/p", "https://host/p"),
        ("https://token@host", "https://host"),
        ("ssh://git@host/p", "ssh://git@host/p"),
        ("https://${USER}:${PW}@host/p", "https://${USER}:${PW}@host/p"),
        ("https://host/p@1?a=1&access_token=s", "https://host/p@1?a=1"),
        ("https://host/p?private_token=s", "https://host/p"),
    ],
)
def test_credentials_are_taken_out_of_a_url(url: str, kept: str) -> None:
    assert without_credentials(url) == kept


def test_names_are_normalised_as_pep_503_says() -> None:
    assert normalise("Plain_Name..x-_y") == "plain-name-x-y"


@given(st.one_of(st.text(), st.text(st.sampled_from("aZ9-_.İß"))))
def test_names_are_normalised_as_packaging_does(name: str) -> None:
    assert normalise(name) == canonicalize_name(name)


@given(st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")))
def test_the_address_of_a_directory_is_spelled_as_the_standard_library_does(path: str) -> None:
    assert _file_url(path) == "file://" + quote(path, errors="surrogateescape")
