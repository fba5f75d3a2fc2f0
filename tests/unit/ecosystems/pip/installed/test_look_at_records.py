from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.installed import count, distribution, findings, put, told

if TYPE_CHECKING:
    from pathlib import Path

SITE = "opt/venv/lib/python3.11/site-packages"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    put(tmp_path / "opt/venv/pyvenv.cfg", "version = 3.11.2\n")
    made = tmp_path / SITE
    distribution(made, "demo", {"demo/__init__.py": "1\n", "../../../bin/demo": "#!python\n"})
    return made


def root(site: Path) -> Path:
    return site.parents[4]


def at(name: str) -> str:
    return f"/opt/venv/{name}" if name.startswith("bin/") else f"/{SITE}/{name}"


def test_files_with_their_digests_are_right(site: Path) -> None:
    found = findings(root(site), "pip")
    assert told(found) == []
    assert count(found, "compared") == 3
    assert count(found, "present") == 1  # RECORD itself


def test_changed_and_missing_files_are_wrong_and_bytecode_is_not(site: Path) -> None:
    record = site / "demo-1.0.dist-info/RECORD"
    record.write_text(record.read_text() + "demo/__pycache__/__init__.cpython-311.pyc,,\n")
    (site / "demo/__init__.py").write_text("2\n")
    (site.parents[2] / "bin/demo").unlink()
    found = [("changed", "demo", at("demo/__init__.py")), ("missing", "demo", at("bin/demo"))]
    assert told(findings(root(site), "pip")) == found


def test_a_program_of_two_distributions_is_the_later_ones_while_that_is_there(site: Path) -> None:
    info = distribution(site, "rival", {"../../../bin/demo": "#!rival \n"})
    assert told(findings(root(site), "pip")) == []
    taken = [("taken", "demo", at("bin/demo"))]
    assert told(findings(root(site), "pip", "held", chosen=["rival"])) == taken
    assert told(findings(root(site), "pip", "held", chosen=["demo"])) == []
    for path in info.iterdir():
        path.unlink()
    info.rmdir()
    lost = [("changed", "demo", at("bin/demo"))]
    assert told(findings(root(site), "pip")) == lost
    assert told(findings(root(site), "pip", "lost", chosen=[])) == lost
    (site.parents[2] / "bin/demo").unlink()
    assert told(findings(root(site), "pip", "lost", chosen=[])) == [("missing", "demo", at("bin/demo"))]


def test_what_has_no_usable_digest_is_not_looked_at(site: Path) -> None:
    (site / "demo-1.0.dist-info/RECORD").unlink()
    distribution(site, "outer", {"../../../../../etc/passwd": "root\n"})
    put(site / "old-1.0.egg-info/PKG-INFO", "Name: old\nVersion: 1.0\n")
    reasons = {name: one.reason for name, one in findings(root(site), "pip") if one.kind == "unseen"}
    assert sorted(reasons) == ["demo", "old", "outer"]
    assert reasons["demo"].endswith("RECORD is missing")
    assert reasons["outer"] == "the file is outside of the environment"


def test_an_editable_distribution_is_looked_at_as_far_as_its_list_goes(site: Path) -> None:
    info = distribution(site, "edit", {"edit.pth": "/src\n"})
    put(info / "direct_url.json", '{"url": "file:///src", "dir_info": {"editable": true}}')
    (site / "edit.pth").write_text("/evil\n")
    found = findings(root(site), "pip")
    assert told(found) == [("changed", "edit", at("edit.pth"))]
    assert [one.files for name, one in found if (name, one.kind) == ("edit", "unseen")] == [0]


@pytest.mark.parametrize("line", ["demo/__init__.py,md5=x,1", "demo/__init__.py,sha256=!,1", "demo/__init__.py,,"])
def test_a_line_without_a_digest_asks_only_whether_the_file_is_there(site: Path, line: str) -> None:
    (site / "demo-1.0.dist-info/RECORD").write_text(line + "\n")
    (site / "demo/__init__.py").write_text("anything\n")
    found = findings(root(site), "pip")
    assert (count(found, "compared"), count(found, "present")) == (0, 1)
    (site / "demo/__init__.py").unlink()
    assert told(findings(root(site), "pip")) == [("missing", "demo", at("demo/__init__.py"))]


def test_a_target_directory_is_an_environment_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "srv").mkdir()
    distribution(tmp_path / "srv/lambda", "demo", {"demo.py": "1\n"})
    (tmp_path / "srv/lambda/demo.py").write_text("2\n")
    found = findings(tmp_path, "pip", named="/srv/lambda")
    assert told(found) == [("changed", "demo", "/srv/lambda/demo.py")]
