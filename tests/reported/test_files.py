"""Files that are not what their packages have: inputs of our own, after reports in public trackers."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.machines.installed import DpkgRoot, count, distribution, findings, put, told

from cortexrepo.ecosystems.pip.environments.layout import layout_of
from cortexrepo.ecosystems.pip.restore.installed import Site
from cortexrepo.errors import RestoreError

if TYPE_CHECKING:
    from pathlib import Path

SITE = "opt/v/lib/python3.12/site-packages"


def venv(root: Path) -> Path:
    """Makes an empty virtual environment, and returns its site directory."""
    put(root / "opt/v/pyvenv.cfg", "home = /usr/bin\nversion = 3.12.1\n")
    return root / SITE


def with_lines(info: Path, *lines: str) -> None:
    """Puts lines at the end of a RECORD."""
    with (info / "RECORD").open("a") as record:
        record.writelines(f"{line}\n" for line in lines)


def test_a_file_of_two_distributions_that_went_with_one_is_missed_by_the_other(tmp_path: Path) -> None:
    """astral-sh/uv#15238: `opencv-python` was uninstalled, and `opencv-contrib-python` lost `cv2/__init__.py`."""
    site = venv(tmp_path)
    info = distribution(site, "alpha", {"shared/__init__.py": "one\n"})
    distribution(site, "beta", {"shared/__init__.py": "one\n", "shared/more.py": "two\n"})
    assert told(findings(tmp_path, "pip")) == []
    shutil.rmtree(info)
    (site / "shared/__init__.py").unlink()
    assert told(findings(tmp_path, "pip")) == [("missing", "beta", f"/{SITE}/shared/__init__.py")]


def test_lines_of_record_that_lead_out_are_not_looked_at_and_said(tmp_path: Path) -> None:
    """pypa/pip#13873: RECORD may name files that no wheel brought, outside of the environment too."""
    info = distribution(venv(tmp_path), "alpha", {"a.py": "1\n"})
    with_lines(info, "../../../../../etc/passwd,,", "/etc/shadow,,", "never.py,sha256=,0")
    assert told(findings(tmp_path, "pip")) == [
        ("missing", "alpha", f"/{SITE}/never.py"),
        ("unseen", "alpha", "/etc/passwd"),
        ("unseen", "alpha", "/etc/shadow"),
    ]


def test_lines_as_the_wheel_has_them_mean_the_files_that_were_put_in(tmp_path: Path) -> None:
    """pypa/pip#6266 and #1376: RECORD has paths such as `NAME-1.0.data/purelib/...`, at which nothing ever is."""
    info = distribution(venv(tmp_path), "alpha", {"alpha/__init__.py": "1\n", "../../../share/x": "2\n"})
    record = (info / "RECORD").read_text()
    record = record.replace("alpha/__init__.py", "alpha-1.0.data/purelib/alpha/__init__.py")
    record = record.replace("../../../share/x", "alpha-1.0.data/data/share/x")
    put(info / "RECORD", record)
    with_lines(info, "alpha-1.0.data/scripts/tool,sha256=AAAA,9")
    assert told(findings(tmp_path, "pip")) == []
    (tmp_path / SITE / "alpha/__init__.py").write_text("3\n")
    assert told(findings(tmp_path, "pip")) == [("changed", "alpha", f"/{SITE}/alpha/__init__.py")]
    files = Site(layout_of(str(tmp_path / "opt/v"), (("kind", "venv"),)))
    assert str(tmp_path / SITE / "alpha/__init__.py") in files.files(files.found[0])


def test_a_digest_that_is_none_of_its_algorithm_says_nothing_of_the_content(tmp_path: Path) -> None:
    """Found beside pypa/pip#13873, which wants RECORD to be checked: here a digest is in hexadecimal digits."""
    info = distribution(venv(tmp_path), "alpha", {"a.py": "1\n"})
    lines = [line for line in (info / "RECORD").read_text().splitlines() if not line.startswith("a.py")]
    lines.append(f"a.py,sha256={hashlib.sha256(b'1').hexdigest()},2")
    put(info / "RECORD", "\n".join(lines) + "\n")
    found = findings(tmp_path, "pip")
    assert told(found) == []
    assert count(found, "present") == 2


@pytest.mark.parametrize("content", ["", "\n", "\r\n\r\n"])
def test_an_empty_record_is_no_list_of_files(tmp_path: Path, content: str) -> None:
    """After astral-sh/uv#2467, where an installation that broke left no list of files: here it is empty.

    The files are not looked at, and a restore does not remove the distribution as if it had none.
    """
    info = distribution(venv(tmp_path), "alpha", {"a.py": "1\n"})
    (info / "RECORD").write_bytes(content.encode())
    [(name, found)] = findings(tmp_path, "pip")
    assert (name, found.kind, found.reason.endswith("RECORD is empty")) == ("alpha", "unseen", True)
    site = Site(layout_of(str(tmp_path / "opt/v"), (("kind", "venv"),)))
    with pytest.raises(RestoreError, match="has no list of its files"):
        site.files(site.found[0])


def test_a_directory_or_a_link_in_the_place_of_a_file_is_not_the_file(tmp_path: Path) -> None:
    """pypa/pip#40: links to directories in the place of what was installed, which an uninstallation followed."""
    site = venv(tmp_path)
    distribution(site, "alpha", {"a.py": "1\n", "b.py": "2\n", "c/d.py": "3\n"})
    for name in ("a.py", "b.py"):
        (site / name).unlink()
    (site / "a.py").mkdir()
    (site / "b.py").symlink_to("/etc/hostname")
    (site / "c").rename(tmp_path / "elsewhere")
    (site / "c").symlink_to("/elsewhere")
    assert told(findings(tmp_path, "pip")) == [
        ("changed", "alpha", f"/{SITE}/a.py"),
        ("changed", "alpha", f"/{SITE}/b.py"),
    ]


def test_a_link_that_is_diverted_and_was_not_moved_is_missing_where_it_is_to_be(tmp_path: Path) -> None:
    """mkasberg/ghostty-ubuntu#65: a link of another package's is diverted with `--no-rename`."""
    root = DpkgRoot(tmp_path)
    link = "usr/share/terminfo/g/term"
    put(tmp_path / "usr/share/terminfo/x/term", "t")
    (tmp_path / link).parent.mkdir()
    (tmp_path / link).symlink_to("../x/term")
    root.add("ncurses-term", {"usr/share/doc/n": "n"}, others=[link])
    root.add("ghost", {"usr/bin/ghost": "g"}, others=[link], script="dpkg-divert")
    assert told(findings(tmp_path, "apt")) == []
    put(root.path / "var/lib/dpkg/diversions", f"/{link}\n/{link}.distrib\nghost\n")
    assert told(findings(tmp_path, "apt")) == [("missing", "ncurses-term", f"/{link}.distrib")]


def test_packages_whose_lists_were_thrown_away_are_not_looked_at(tmp_path: Path) -> None:
    """Z4nzu/hackingtool#427: the advice to move /var/lib/dpkg/info away; MichaIng/DietPi#4559: lists are missing."""
    root = DpkgRoot(tmp_path)
    root.add("alpha", {"usr/bin/a": "a"})
    (tmp_path / "usr/bin/a").unlink()
    for file in root.info.iterdir():
        file.unlink()
    [(name, found)] = findings(tmp_path, "apt")
    assert (name, found.kind, found.reason) == ("alpha", "unseen", "dpkg has no list of the package's files")


def test_what_the_configuration_of_dpkg_leaves_out_is_not_missing(tmp_path: Path) -> None:
    """MichaIng/DietPi#2751 and debuerreotype/debuerreotype#15: manual pages are left out, copyrights are not."""
    root = DpkgRoot(tmp_path)
    doc, man = "usr/share/doc/alpha", "usr/share/man/man1/alpha.1.gz"
    root.add("alpha", {f"{doc}/copyright": "c", f"{doc}/changelog.gz": "l", man: "m"})
    rules = "path-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\npath-exclude=/usr/share/man/*\n"
    put(tmp_path / "etc/dpkg/dpkg.cfg.d/01_small", rules)
    for path in (f"{doc}/copyright", f"{doc}/changelog.gz", man):
        (tmp_path / path).unlink()
    assert told(findings(tmp_path, "apt")) == [("missing", "alpha", f"/{doc}/copyright")]


def alternative(root: Path, name: str, target: str, group: str = "") -> None:
    """Makes a link of the alternatives, and the group that dpkg keeps of it: its own link, and what goes with it."""
    link = root / "etc/alternatives" / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    if group:
        put(root / "var/lib/dpkg/alternatives" / name, group)


def test_an_alternative_that_leads_to_nothing_is_named_with_what_ends_it(tmp_path: Path) -> None:
    """voidlinux/xbps#225: a version of a package no longer brings a program, and the link of its group dangles."""
    root = DpkgRoot(tmp_path)
    root.add("alpha", {"usr/bin/a1": "a", "usr/share/man/man1/a1.1.gz": "m"})
    (tmp_path / "usr/bin/tool").symlink_to("/etc/alternatives/tool")
    group = "auto\n/usr/bin/tool\ntool.1.gz\n/usr/share/man/man1/tool.1.gz\n\n/usr/bin/a1\n10\n\n\n"
    alternative(tmp_path, "tool", "/usr/bin/a1", group)
    alternative(tmp_path, "tool.1.gz", "/usr/share/man/man1/a1.1.gz")
    alternative(tmp_path, "left", "../../usr/bin/a1")
    put(tmp_path / "etc/alternatives/README", "r")
    assert told(findings(tmp_path, "apt")) == told(findings(tmp_path, "apt", "lost", chosen=[])) == []
    (tmp_path / "usr/bin/a1").unlink()
    put(tmp_path / "etc/dpkg/dpkg.cfg.d/small", "path-exclude=/usr/share/man/*\n")
    (tmp_path / "usr/share/man/man1/a1.1.gz").unlink()
    found = {one.path: one.reason for _, one in findings(tmp_path, "apt", "lost", chosen=["alpha"])}
    assert found == {
        "/etc/alternatives/left": "the link leads to /usr/bin/a1, which does not exist; to end this:"
        " `rm /etc/alternatives/left`",
        "/etc/alternatives/tool": "the link leads to /usr/bin/a1, which does not exist; to end this:"
        " `update-alternatives --auto tool`",
    }
    assert [one.row for _, one in findings(tmp_path, "apt") if one.kind == "record"] == [-1, -1]
    assert not [one for _, one in findings(tmp_path, "apt", chosen=[]) if one.kind == "record"]


def test_a_command_whose_link_into_the_alternatives_is_gone_is_named(tmp_path: Path) -> None:
    """void-linux/xbps#219: an update took the link of the command away that another package still stood behind."""
    root = DpkgRoot(tmp_path)
    root.add("alpha", {"usr/bin/a1": "a"})
    alternative(tmp_path, "tool", "/usr/bin/a1", "manual\n/usr/bin/tool\n\n/usr/bin/a1\n10\n\n")
    alternative(tmp_path, "odd", "/usr/bin/a1", "what is this")
    put(tmp_path / "var/lib/dpkg/alternatives/never", "auto\n/usr/bin/never\n\n/usr/bin/a9\n10\n\n")
    assert told(findings(tmp_path, "apt")) == [("record", "", "/usr/bin/tool")]


@pytest.mark.skipif(shutil.which("update-alternatives") is None, reason="dpkg's update-alternatives is not installed")
def test_the_command_that_is_named_mends_the_alternative(tmp_path: Path) -> None:
    """voidlinux/void-packages#4016: the links of the commands of a Java led to the version that had gone."""
    root = DpkgRoot(tmp_path)
    root.add("old", {"usr/lib/jvm/old/java": "1"})
    root.add("new", {"usr/lib/jvm/new/java": "2"})
    for folder in ("etc/alternatives", "var/lib/dpkg/alternatives", "var/log", "usr/bin"):
        (tmp_path / folder).mkdir(parents=True)
    own = [shutil.which("update-alternatives") or "", "--root", str(tmp_path)]
    for name, priority in (("old", "20"), ("new", "10")):
        target = f"/usr/lib/jvm/{name}/java"
        subprocess.run([*own, "--install", "/usr/bin/java", "java", target, priority], check=True, capture_output=True)
    assert told(findings(tmp_path, "apt")) == []
    (tmp_path / "usr/lib/jvm/old/java").unlink()
    [one] = [one for _, one in findings(tmp_path, "apt", "lost", chosen=["old"])]
    command = one.reason.split("`")[1].split()
    assert command[0] == "update-alternatives"
    subprocess.run([*own, *command[1:]], check=True, capture_output=True)
    assert told(findings(tmp_path, "apt", "lost", chosen=["old"])) == []
    assert (tmp_path / "etc/alternatives/java").readlink().parts[-2] == "new"


def test_a_directory_that_became_a_link_loses_what_was_in_it(tmp_path: Path) -> None:
    """netdata/netdata#7067: an upgrade puts files below /usr/share while a link of old leads elsewhere."""
    root = DpkgRoot(tmp_path)
    root.add("web", {"usr/share/web/css/a.css": "a", "usr/share/web/index.html": "i"})
    (tmp_path / "usr/share/web").rename(tmp_path / "usr/share/web.old")
    put(tmp_path / "var/lib/web/index.html", "i")
    (tmp_path / "usr/share/web").symlink_to("/var/lib/web")
    assert told(findings(tmp_path, "apt")) == [("missing", "web", "/usr/share/web/css/a.css")]
