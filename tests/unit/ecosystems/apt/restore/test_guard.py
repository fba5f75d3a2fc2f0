"""The guard's reading of what apt announces, and its verdict."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.apt.restore import guard as apt_guard

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "VERSION 3\nAPT::Architecture=amd64\nAPT::Get::Purge=false\n\n"
LINES = (
    "cx-app 2.0 all none > 1.0 all none /pool/cx-app_1.0_all.deb\n"
    "cx-ma - - none < 1.0 i386 same /pool/cx%20ma_1.0_i386.deb\n"
    "cx-old 1.0 all none > - - none **REMOVE**\n"
    "cx-app 2.0 all none > 1.0 all none **CONFIGURE**\n"
)
CHANGES = {"cx-app:amd64": ["2.0", "1.0 all"], "cx-ma:i386": ["-", "1.0 i386"], "cx-old:amd64": ["1.0", "removed"]}


def test_what_apt_announces_is_read() -> None:
    assert apt_guard.announced(HEAD + LINES, "amd64") == (CHANGES, False)


def test_purging_is_seen() -> None:
    assert apt_guard.announced(HEAD.replace("Purge=false", "Purge=true") + LINES, "amd64")[1]


@pytest.mark.parametrize("text", ["", "VERSION 2\n\n", "VERSION 3\n", HEAD + "cx-app 1.0\n"])
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        apt_guard.announced(text, "amd64")


def test_a_difference_names_both_sides() -> None:
    found = {**CHANGES, "cx-more:amd64": ["-", "1.0 all"]}
    del found["cx-old:amd64"]
    wrong = apt_guard.difference(CHANGES, found, purge=True)
    assert wrong == (
        "apt would purge packages; cx-more:amd64: apt says from - to 1.0 all, the plan says no change; "
        "cx-old:amd64: apt says no change, the plan says from 1.0 to removed"
    )


def test_a_version_before_that_the_plan_leaves_open_may_be_any() -> None:
    plan = {**CHANGES, "cx-app:amd64": ["", "1.0 all"]}
    assert apt_guard.difference(plan, CHANGES, purge=False) == ""


@pytest.mark.parametrize(("plan", "code"), [(CHANGES, 0), ({}, 1)])
def test_it_runs_alone_as_apt_runs_it(tmp_path: Path, plan: dict[str, list[str]], code: int) -> None:
    link, other = tmp_path / "link", tmp_path / "other"
    link.symlink_to("target")
    other.symlink_to("elsewhere")
    links = {str(link): "target", str(other): "target"}
    whole = {"native": "amd64", "changes": plan, "writes": [str(tmp_path)], "links": links}
    (tmp_path / "plan").write_text(json.dumps(whole))
    # With no directory of this project, or of any other package, on its path.
    alone = tmp_path / "guard.py"
    shutil.copy(apt_guard.__file__, alone)
    reading, writing = os.pipe()
    os.write(writing, (HEAD + LINES).encode())
    os.close(writing)
    ended = subprocess.run(
        [sys.executable, "-I", "-S", str(alone), str(tmp_path / "plan")],
        env={"APT_HOOK_INFO_FD": str(reading)},
        pass_fds=(reading,),
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(reading)
    assert ended.returncode == code
    assert ended.stderr.startswith(apt_guard.COMPLAINT) == bool(code)
    assert link.is_symlink() == bool(code)
    assert other.is_symlink()
