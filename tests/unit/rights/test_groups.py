"""Who is in a group, where the account database does not answer."""

from __future__ import annotations

import errno
import grp
import stat
from typing import TYPE_CHECKING, NoReturn

from support.machines.status import about

from cortexrepo.machine.accounts import Accounts, has_members
from cortexrepo.rights.groups import UNKNOWN, SystemGroups, listed
from cortexrepo.rights.sharing import Sharing

if TYPE_CHECKING:
    import pytest

GROUP = 70001


def silent(_group: int) -> NoReturn:
    raise OSError(errno.EIO, "Input/output error")


def test_a_group_that_nobody_answers_for_is_not_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    directory = about(stat.S_IFDIR | 0o775, group=GROUP)
    assert Sharing(SystemGroups()).of(directory, "/nowhere") is None
    assert not has_members(GROUP, Accounts(()))
    monkeypatch.setattr(grp, "getgrgid", silent)
    assert listed(GROUP) is None
    assert SystemGroups().people(GROUP) == {UNKNOWN}
    found = Sharing(SystemGroups()).of(directory, "/nowhere")
    assert found is not None
    assert found.remedy == "chmod g-w /nowhere"
    assert has_members(GROUP, Accounts(()))


def test_a_group_number_that_no_system_has_is_empty() -> None:
    assert listed(1 << 40) == []
    assert SystemGroups().people(1 << 40) == frozenset()
