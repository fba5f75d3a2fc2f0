"""What users' lists of files can do to root's look at installed files: none of it is read with root's rights."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest
from support.machines.installed import distribution, put
from support.machines.people import SITE, needs_root, people

from cortexrepo.recording import inspecting
from cortexrepo.recording.inspecting import Question, inspect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.machines.people import People

    from cortexrepo.model.installed import Inspected

pytestmark = needs_root
SECRET = "known bytes\n"  # noqa: S105


@pytest.fixture
def machine() -> Iterator[People]:
    """Two users, each with a distribution, and files that only root and only bob may read."""
    with people("alice", "bob") as made:
        for name in ("alice", "bob"):
            site = made.site(name)
            distribution(site, f"{name}s", {"module.py": "1\n"})
            made.own(name, site)
        for name, owner in (("shadow", "root"), ("diary", "bob")):
            put(made.root / "etc" / name, SECRET)
            (made.root / "etc" / name).chmod(0o600)
            made.own(owner, made.root / "etc" / name)
        yield made


def looked(machine: People) -> dict[str, Inspected]:
    readings = [one for one in machine.read().values() if one.manifest is not None]
    questions = [Question(one, frozenset(range(len(one.manifest.packages)))) for one in readings if one.manifest]
    return {one.environment: one for one in inspect(questions, root=str(machine.root))}


def test_each_users_files_are_looked_at_with_that_users_rights(machine: People) -> None:
    found = looked(machine)
    assert sorted(found) == [f"/home/alice/{SITE}", f"/home/bob/{SITE}"]
    for one in found.values():
        assert one.unseen == ""
        assert sorted((each.kind, each.files) for each in one.findings) == [("compared", 2), ("present", 1)]


@pytest.mark.parametrize("secret", ["shadow", "diary"])
@pytest.mark.parametrize("by", ["a link", "a path"])
def test_a_list_does_not_tell_whether_a_file_of_others_has_a_digest(machine: People, secret: str, by: str) -> None:
    site = machine.home("alice") / SITE
    digest = base64.urlsafe_b64encode(hashlib.sha256(SECRET.encode()).digest()).rstrip(b"=").decode()
    path = f"folder/{secret}" if by == "a link" else f"../../../../../../etc/{secret}"
    if by == "a link":
        (site / "folder").symlink_to("/etc")
    with (site / "alices-1.0.dist-info/RECORD").open("a") as record:
        record.write(f"{path},sha256={digest},{len(SECRET)}\n")
    [finding] = [one for one in looked(machine)[f"/home/alice/{SITE}"].findings if one.path]
    assert finding.kind == "unseen"


def test_a_file_that_never_ends_costs_one_users_files(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspecting, "SECONDS", 0.3)
    site = machine.home("alice") / SITE
    with (site / "module.py").open("r+b") as sparse:
        sparse.truncate(1 << 40)
    (site / "alices-1.0.dist-info/RECORD").write_text(f"module.py,sha256={43 * 'A'},\n")
    found = looked(machine)
    assert found[f"/home/alice/{SITE}"].unseen == "the files of the user 4001 take too much time"
    assert found[f"/home/bob/{SITE}"].unseen == ""
