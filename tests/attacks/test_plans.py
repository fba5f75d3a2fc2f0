"""A plan of a restore that root gives by its file, and that another user may have changed since root has read it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from support.processes.users import SOMEBODY

from cortexrepo.cli.commands.restore import _reviewed
from cortexrepo.errors import RefusedError, RequestError
from cortexrepo.formats.json.document import encode
from cortexrepo.formats.json.plan import document
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.plan import Plan, Selection

if TYPE_CHECKING:
    from pathlib import Path

PLAN = Plan(SnapshotId("1" * 32), "2" * 32, 0, "3" * 64, Selection(), (), (), (), ())

pytestmark = pytest.mark.usefixtures("open_path")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "own" / "plan.json"
    path.parent.mkdir()
    path.write_text(encode(document(PLAN)))
    path.chmod(0o600)
    assert _reviewed(str(path)) == PLAN
    return path


def test_a_plan_of_a_users_or_in_a_users_directory_is_not_carried_out_by_root(plan: Path) -> None:
    os.chown(plan, SOMEBODY, SOMEBODY)
    with pytest.raises(RefusedError, match=r"other users can change .*plan.json"):
        _reviewed(str(plan))
    os.chown(plan, 0, 0)
    os.chown(plan.parent, SOMEBODY, SOMEBODY)
    with pytest.raises(RefusedError, match=r"other users can change .*/own: "):
        _reviewed(str(plan))


@pytest.mark.parametrize("mode", [0o602, 0o620, 0o666])
def test_a_plan_that_others_can_write_to_is_not_carried_out_by_root(plan: Path, mode: int) -> None:
    plan.chmod(mode)
    with pytest.raises(RefusedError, match=r"other users can change"):
        _reviewed(str(plan))


def test_a_users_link_to_a_plan_of_roots_is_not_followed_to_be_carried_out(plan: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(plan)
    assert _reviewed(str(link)) == PLAN
    os.lchown(link, SOMEBODY, SOMEBODY)
    with pytest.raises(RefusedError, match=r"other users can change .*link\.json"):
        _reviewed(str(link))


@pytest.mark.parametrize("kind", ["fifo", "directory", "device", "missing"])
def test_what_is_no_file_is_named_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "plan"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "device":
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))
    with pytest.raises(RequestError, match="cannot read the plan"):
        _reviewed(str(path))


def test_a_secret_in_the_place_of_a_plan_is_not_said(plan: Path) -> None:
    for secret in ("root:s3cret:1:0", json.dumps({"s3cret": 1}), "s3cret" * 1000):
        plan.write_text(secret)
        with pytest.raises(RequestError) as said:
            _reviewed(str(plan))
        assert "s3cret" not in str(said.value) + said.value.hint
