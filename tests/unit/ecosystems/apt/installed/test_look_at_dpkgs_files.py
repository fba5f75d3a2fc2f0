from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.installed import DpkgRoot, count, findings, md5, put, told

if TYPE_CHECKING:
    from pathlib import Path

TOOL = {"usr/bin/tool": "tool\n", "usr/share/tool/data": "data\n"}


@pytest.fixture
def root(tmp_path: Path) -> DpkgRoot:
    made = DpkgRoot(tmp_path / "root")
    made.add("tool", TOOL, others=["usr/share/doc/tool"])
    (made.path / "usr/share/doc/tool").mkdir(parents=True)
    return made


def test_files_with_their_sums_are_right(root: DpkgRoot) -> None:
    found = findings(root.path, "apt")
    assert told(found) == []
    assert count(found, "compared") == 2
    assert count(found, "present") == 6  # directories, the root not among them


def test_a_changed_a_missing_and_a_replaced_file_are_wrong(root: DpkgRoot) -> None:
    root.add("other", {"opt/file": "1", "opt/link": "2", "opt/folder": "3"})
    (root.path / "usr/share/doc/tool").rmdir()
    (root.path / "usr/share/doc/tool").symlink_to("nowhere")  # a link has no checksum: it is there
    (root.path / "usr/bin/tool").write_text("evil\n")
    (root.path / "usr/share/tool/data").unlink()
    for name in ("link", "folder"):
        (root.path / "opt" / name).unlink()
    (root.path / "opt/link").symlink_to("file")
    (root.path / "opt/folder").mkdir()
    assert told(findings(root.path, "apt")) == [
        ("changed", "other", "/opt/folder"),
        ("changed", "other", "/opt/link"),
        ("changed", "tool", "/usr/bin/tool"),
        ("missing", "tool", "/usr/share/tool/data"),
    ]


def test_a_path_without_a_sum_must_only_be_there(root: DpkgRoot) -> None:
    (root.path / "usr/share/doc/tool").rmdir()
    assert told(findings(root.path, "apt")) == [("missing", "tool", "/usr/share/doc/tool")]


def test_only_chosen_packages_are_looked_at(root: DpkgRoot) -> None:
    root.add("other", {"opt/file": "1"})
    (root.path / "usr/bin/tool").write_text("evil\n")
    assert told(findings(root.path, "apt", chosen=["other"])) == []


def test_a_file_that_was_taken_over_is_right_while_its_new_package_has_it(root: DpkgRoot) -> None:
    root.add("extra", {"usr/bin/tool": "extra's\n"})
    root.took_over("tool", "usr/bin/tool")
    assert told(findings(root.path, "apt")) == []
    (root.path / "usr/bin/tool").write_text("nobody's\n")
    # The one that has it answers for it.
    assert told(findings(root.path, "apt")) == [("changed", "extra", "/usr/bin/tool")]


def test_a_file_that_was_taken_over_and_has_no_package_any_more_is_lost(root: DpkgRoot) -> None:
    root.add("other", {"opt/file": "1"})
    root.took_over("tool", "usr/bin/tool")
    (root.path / "usr/bin/tool").write_text("extra's\n")
    lost = [("changed", "tool", "/usr/bin/tool")]
    assert told(findings(root.path, "apt", "lost", chosen=["other"])) == lost
    (root.path / "usr/bin/tool").unlink()
    lost = [("missing", "tool", "/usr/bin/tool")]
    assert told(findings(root.path, "apt", "lost", chosen=["other"])) == lost
    assert told(findings(root.path, "apt", "lost", chosen=["tool"])) == []


def test_a_forced_take_over_leaves_both_lists_and_the_newer_content_is_right(root: DpkgRoot) -> None:
    root.add("force", {"usr/bin/tool": "force's\n"})
    assert told(findings(root.path, "apt")) == []
    (root.path / "usr/bin/tool").write_text("nobody's\n")
    assert told(findings(root.path, "apt")) == [
        ("changed", "force", "/usr/bin/tool"),
        ("changed", "tool", "/usr/bin/tool"),
    ]


def test_the_files_that_go_with_another_package_are_known_before(root: DpkgRoot) -> None:
    root.add("extra", {"usr/bin/tool": "extra's\n"})
    root.took_over("tool", "usr/bin/tool")
    assert told(findings(root.path, "apt", "held", chosen=["extra"])) == [("taken", "tool", "/usr/bin/tool")]
    assert told(findings(root.path, "apt", "held", chosen=["tool"])) == []


def test_files_below_another_packages_link_go_with_it(root: DpkgRoot) -> None:
    root.add("linker", {"opt/real/file": "1"}, others=["opt/alias"])
    (root.path / "opt/alias").symlink_to("real")
    root.add("guest", {"opt/alias/mine": "2"}, others=["opt/alias"])
    assert told(findings(root.path, "apt", "held", chosen=["linker"])) == [("taken", "guest", "/opt/alias")]


@pytest.mark.parametrize("status", ["install ok unpacked", "install ok half-configured"])
def test_a_package_that_is_not_configured_holds_files_too(root: DpkgRoot, status: str) -> None:
    root.add("extra", {"usr/bin/tool": "extra's\n"}, status=status)
    root.took_over("tool", "usr/bin/tool")
    assert told(findings(root.path, "apt", "held", chosen=["extra"])) == [("taken", "tool", "/usr/bin/tool")]


def test_a_directory_is_nobodys_also_where_it_is_missing(root: DpkgRoot) -> None:
    root.add("one", {}, others=["var/cache/shared"])
    root.add("two", {}, others=["var/cache/shared"])
    assert told(findings(root.path, "apt", "held", chosen=["one"])) == []
    (root.path / "var/cache/shared").mkdir(parents=True)
    assert told(findings(root.path, "apt", "held", chosen=["one"])) == []


def test_a_changed_configuration_file_is_a_choice(root: DpkgRoot) -> None:
    root.add("conf", {}, conffiles={"etc/a.conf": "a", "etc/b.conf": "b", "etc/c.conf": "c"})
    (root.path / "etc/a.conf").write_text("mine")
    (root.path / "etc/b.conf").unlink()
    assert told(findings(root.path, "apt")) == [
        ("configuration", "conf", "/etc/a.conf"),
        ("configuration", "conf", "/etc/b.conf"),
    ]


@pytest.mark.parametrize("chosen", [[], ["conf"]])
def test_configuration_files_that_are_lost_or_left_are_told_of_changed_packages_and_of_others(
    root: DpkgRoot, chosen: list[str]
) -> None:
    root.add("conf", {}, conffiles={"etc/a.conf": "a", "etc/b.conf": "b", "etc/c.conf": "c"})
    (root.path / "etc/a.conf").unlink()
    status = root.path / "var/lib/dpkg/status"
    status.write_text(status.read_text().replace(f"{md5('b')}\n", f"{md5('b')} obsolete\n"))
    assert told(findings(root.path, "apt", "lost", chosen=chosen)) == [
        ("obsolete", "conf", "/etc/b.conf"),
        ("unset", "conf", "/etc/a.conf"),
    ]
    (root.path / "etc/b.conf").unlink()
    root.add("heir", {}, conffiles={"etc/a.conf": "heir"})
    assert told(findings(root.path, "apt", "lost", chosen=chosen)) == []


def choices(root: DpkgRoot, chosen: str) -> list[str]:
    return [path for kind, _, path in told(findings(root.path, "apt", "lost", chosen=[chosen])) if kind == "choice"]


def test_a_command_that_another_package_has_is_told_where_nobody_has_chosen(root: DpkgRoot) -> None:
    root.add("vi", {"usr/bin/vi-one": "1"})
    root.add("emacs", {"usr/bin/emacs-one": "2"})
    slaves = "editor.1\n/usr/share/man/editor.1\n"
    programs = "/usr/bin/vi-one\n10\n/usr/share/vi.1\n/usr/bin/emacs-one\n20\n/usr/share/emacs.1\n"
    group, link = root.path / "var/lib/dpkg/alternatives/editor", root.path / "etc/alternatives/editor"
    put(group, f"auto\n/usr/bin/editor\n{slaves}\n{programs}\n")
    link.parent.mkdir(parents=True)
    link.symlink_to("/usr/bin/emacs-one")
    assert choices(root, "vi") == ["/usr/bin/editor"]
    assert choices(root, "emacs") == []
    put(group, f"manual\n/usr/bin/editor\n{slaves}\n{programs}\n")
    assert choices(root, "vi") == []
    for damaged in ("", "auto", "auto\n/usr/bin/editor", "auto\n/usr/bin/editor\n\n"):
        put(group, damaged)
        assert choices(root, "vi") == []


def test_a_link_in_the_place_of_a_directory_is_told_with_the_files_behind_it(root: DpkgRoot) -> None:
    root.add("target", {"opt/real/data": "target\n", "opt/real/own": "own\n"})
    (root.path / "opt/alias").symlink_to("real")
    root.add("guest", {"opt/alias/data": "guest\n"}, others=["opt/alias"])
    assert told(findings(root.path, "apt", "lost", chosen=["guest"])) == [
        ("changed", "guest", "/opt/alias"),
        ("changed", "target", "/opt/real/data"),
    ]
    assert told(findings(root.path, "apt", "lost", chosen=["target"])) == []
    root.add("linker", {}, others=["opt/alias"])
    assert told(findings(root.path, "apt", "lost", chosen=["guest"])) == []


def test_a_diverted_file_is_where_dpkg_put_it(root: DpkgRoot) -> None:
    put(root.path / "var/lib/dpkg/diversions", "/usr/bin/tool\n/usr/bin/tool.distrib\nwrapper\n")
    (root.path / "usr/bin/tool").rename(root.path / "usr/bin/tool.distrib")
    root.add("wrapper", {"usr/bin/tool": "wrapper\n"})
    assert told(findings(root.path, "apt")) == []
    (root.path / "usr/bin/tool.distrib").write_text("evil\n")
    (root.path / "usr/bin/tool").write_text("evil\n")
    assert told(findings(root.path, "apt")) == [
        ("changed", "tool", "/usr/bin/tool.distrib"),
        ("changed", "wrapper", "/usr/bin/tool"),
    ]


@pytest.mark.parametrize(
    ("owner", "script", "left"),
    [("tool", "", True), ("tool", "dpkg-divert --add /etc/issue", False), ("gone", "", True), (":", "", False)],
)
def test_a_diversion_of_which_its_package_says_nothing_is_left_over(
    tmp_path: Path, owner: str, script: str, *, left: bool
) -> None:
    root = DpkgRoot(tmp_path)
    root.add("tool", TOOL, script=script)
    put(root.path / "var/lib/dpkg/diversions", f"/etc/issue\n/etc/issue.real\n{owner}\n")
    named = owner if owner == "tool" else ""
    assert told(findings(root.path, "apt")) == ([("diversion", named, "/etc/issue")] if left else [])


def test_what_dpkg_was_told_to_leave_out_is_not_missing(root: DpkgRoot) -> None:
    put(root.path / "etc/dpkg/dpkg.cfg.d/docker", "path-exclude /usr/share/*\npath-include=/usr/share/tool/*\n")
    assert told(findings(root.path, "apt")) == []
    (root.path / "usr/share/tool/data").unlink()
    assert told(findings(root.path, "apt")) == [("missing", "tool", "/usr/share/tool/data")]


def test_files_have_two_names_where_usr_is_merged(tmp_path: Path) -> None:
    root = DpkgRoot(tmp_path)
    (root.path / "usr/lib").mkdir(parents=True)
    (root.path / "lib").symlink_to("usr/lib")
    root.add("old", {"lib/module": "old\n"})
    assert told(findings(root.path, "apt")) == []
    root.add("new", {"usr/lib/module": "new\n"})
    root.took_over("old", "lib/module")
    assert told(findings(root.path, "apt")) == []
    assert told(findings(root.path, "apt", "held", chosen=["new"])) == [("taken", "old", "/usr/lib/module")]


def test_what_cannot_be_compared_is_not_looked_at(tmp_path: Path) -> None:
    root = DpkgRoot(tmp_path)
    root.add("bare", {"opt/bare": "1"}, sums=False)
    root.add("half", {"opt/half": "1"}, status="install ok half-installed")
    root.add("gone", {}, status="deinstall ok config-files")
    found = findings(root.path, "apt")
    assert sorted((name, one.kind, one.reason) for name, one in found if one.kind == "unseen") == [
        ("bare", "unseen", "dpkg has no checksums of the package's files"),
        ("half", "unseen", "the package is half-installed"),
    ]
    assert told(found) == []


def test_damaged_files_of_dpkgs_are_said(root: DpkgRoot) -> None:
    put(root.path / "var/lib/dpkg/diversions", "/usr/bin/tool\n")
    put(root.info / "tool.md5sums", "nonsense\n" + (root.info / "tool.md5sums").read_text())
    found = findings(root.path, "apt")
    assert count(found, "compared") == 2
    assert [one.path for _, one in found if one.kind == "unseen"] == ["/var/lib/dpkg/diversions", ""]
