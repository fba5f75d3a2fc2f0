"""`verify --installed`: what it says of installed files, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.machines.installed import DpkgRoot, distribution, put
from support.processes.command_line import CommandLine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> DpkgRoot:
    root = DpkgRoot(tmp_path / "machine")
    root.add("tool", {"usr/bin/tool": "1\n"}, conffiles={"etc/tool.conf": "a\n"})
    root.add("other", {"usr/bin/other": "1\n"})
    put(root.path / "opt/venv/pyvenv.cfg", "version = 3.11.2\n")
    distribution(root.path / "opt/venv/lib/python3.11/site-packages", "demo", {"demo.py": "1\n"})
    return root


@pytest.fixture(name="verify")
def _verify(tmp_path: Path, root: DpkgRoot) -> Any:
    """Calls the command for the root; no repository is there, and none is made."""
    cortex = CommandLine(tmp_path / "no repository", root.path)
    yield lambda *words: cortex("verify", "--installed", "--root", str(root.path), *words)
    assert not cortex.repo.exists()


def test_what_is_right_is_counted(verify: Any) -> None:
    found = verify()
    assert (found.code, found.err) == (0, "")
    assert found.out == "all good: 5 files compared, 6 links, directories and files without a checksum are there\n"


def test_a_wrong_file_is_named_and_a_changed_configuration_file_is_not_wrong(verify: Any, root: DpkgRoot) -> None:
    (root.path / "etc/tool.conf").write_text("b\n")
    found = verify()
    assert found.code == 0
    assert found.out.splitlines()[0] == (
        "configuration: /etc/tool.conf: apt tool 1.0: the configuration file was changed"
    )
    (root.path / "usr/bin/tool").write_text("2\n")
    (root.path / "opt/venv/lib/python3.11/site-packages/demo.py").unlink()
    found = verify()
    assert found.code == 1
    assert found.out.splitlines() == [
        "missing: /opt/venv/lib/python3.11/site-packages/demo.py: pip /opt/venv demo 1.0: the file is missing",
        "changed: /usr/bin/tool: apt tool 1.0: the content differs",
        "configuration: /etc/tool.conf: apt tool 1.0: the configuration file was changed",
        (
            "2 wrong files: 2 files compared, 6 links, directories and files without a checksum are there, "
            "1 configuration file changed or removed, which is not wrong"
        ),
    ]


def test_what_was_not_looked_at_is_never_right(verify: Any, root: DpkgRoot) -> None:
    root.add("bare", {"usr/bin/bare": "1\n"}, sums=False)
    found = verify()
    assert found.code == 3
    assert found.out.splitlines()[0] == (
        "not looked at: apt: 1 file of bare: dpkg has no checksums of the package's files"
    )
    assert found.out.splitlines()[-1].startswith("no wrong file found: 5 files compared")
    assert found.out.endswith(", 1 not looked at\n")


def test_packages_and_environments_can_be_chosen(verify: Any, root: DpkgRoot) -> None:
    (root.path / "usr/bin/tool").write_text("2\n")
    assert verify("--package", "other").code == 0
    assert verify("--package", "other", "--package", "tool").code == 1
    chosen = verify("--environment", "/opt/venv")
    assert (chosen.code, chosen.out.startswith("all good: 2 files compared")) == (0, True)


def test_an_unknown_package_or_environment_is_an_error(verify: Any) -> None:
    found = verify("--package", "tol")
    assert (found.code, found.out) == (1, "")
    assert found.err == "cortex: the package 'tol' is not installed\nhint: did you mean tool?\n"
    assert verify("--environment", "/opt/nothing").code == 1


def test_the_document_has_the_documented_fields(verify: Any, root: DpkgRoot) -> None:
    (root.path / "usr/bin/tool").unlink()
    found = verify("--json")
    assert found.code == 1
    document = found.json()
    assert list(document) == ["schema", "installed"]
    installed: Any = document["installed"]
    assert {key: value for key, value in installed.items() if key != "places"} == {
        "wrong": 1, "configuration": 0, "unseen": 0, "compared": 4, "present": 6,
    }  # fmt: skip
    [apt, pip] = installed["places"]
    assert apt == {
        "ecosystem": "apt",
        "environment": "",
        "unseen": "",
        "findings": [
            {
                "kind": "missing",
                "package": "tool",
                "arch": "amd64",
                "version": "1.0",
                "path": "/usr/bin/tool",
                "reason": "the file is missing",
                "files": 1,
            }
        ],
    }
    assert (pip["environment"], pip["findings"]) == ("/opt/venv", [])


@pytest.mark.parametrize(
    "words",
    [
        ["latest", "--installed"],
        ["--installed", "--all"],
        ["--installed", "--repair"],
        ["--package", "x"],
        ["--environment", "/opt/x"],
        ["--root", "/mnt"],
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(cortex: CommandLine, words: list[str]) -> None:
    assert cortex("verify", *words).code == 2


def test_packages_of_which_nothing_can_be_said_are_not_looked_at(verify: Any, root: DpkgRoot) -> None:
    put(root.path / "var/lib/rpm/rpmdb.sqlite", "damaged")
    found = verify()
    assert found.code == 3
    assert found.out.startswith("not looked at: rpm: ")


def test_what_is_not_as_another_programs_book_says_is_wrong(verify: Any, root: DpkgRoot) -> None:
    book = '{"main_package": {"package": "demo", "package_version": "%s", "apps": []}, "injected_packages": {}}'
    put(root.path / "opt/pipx/venvs/demo/pyvenv.cfg", "version = 3.11.2\n")
    distribution(root.path / "opt/pipx/venvs/demo/lib/python3.11/site-packages", "demo", {"demo.py": "1\n"})
    put(root.path / "opt/pipx/venvs/demo/pipx_metadata.json", book % "1.0")
    assert verify().code == 0
    put(root.path / "opt/pipx/venvs/demo/pipx_metadata.json", book % "2.0")
    found = verify()
    assert found.code == 1
    assert found.out.startswith("record: /opt/pipx/venvs/demo/pipx_metadata.json: pip /opt/pipx/venvs/demo: pipx notes")
    # One package alone is looked at without the book, which is about the whole environment.
    assert verify("--package", "demo").code == 0
    (root.path / "opt/pipx/venvs/demo/pipx_metadata.json").unlink()
    found = verify("--environment", "/opt/pipx/venvs/demo", "--json")
    assert found.code == 3
    [place] = found.json()["installed"]["places"]
    assert "pipx has no record of this environment" in place["findings"][0]["reason"]
