"""The commands that a dry run shows: exact versions, one for each package manager and place, and nothing unsafe."""

from __future__ import annotations

import pytest

from cortexrepo.compat.commands import Plan, plan
from cortexrepo.model.diff import ADDED, CHANGED, DOWNGRADED, REMOVED, UPGRADED, Change
from cortexrepo.model.package import BROKEN, EDITABLE, ESSENTIAL, LINK, NESTED, OWNED, PROTECTED, Package

VENV, NODE = "/opt/my venv", "/usr/local"


def _apt(kind: str, name: str, version: str, arch: str = "amd64", flags: int = 0) -> Change:
    row = Package(name, arch, version, flags)
    return Change("apt", "", kind, None if kind == ADDED else row, None if kind == REMOVED else row)


def _in(ecosystem: str, environment: str, kind: str, row: Package) -> Change:
    return Change(ecosystem, environment, kind, None if kind == ADDED else row, None if kind == REMOVED else row)


def test_removals_come_first_then_installations_at_exact_versions() -> None:
    found = plan(
        [
            _in("npm", NODE, ADDED, Package("@org/x", "", "1.0.0")),
            _in("npm", NODE, REMOVED, Package("y", "", "2.0.0")),
            _in("pip", VENV, UPGRADED, Package("six", "", "1.16")),
            _in("pip", VENV, REMOVED, Package("new", "", "1")),
            _apt(ADDED, "cowsay", "3.03+dfsg2-8", "all"),
            _apt(REMOVED, "new", "1"),
            _apt(UPGRADED, "libc6", "2:2.36-9", "i386"),
        ]
    )
    assert found == Plan(
        (
            "sudo apt-get remove -y new:amd64",
            "sudo apt-get install -y cowsay=3.03+dfsg2-8 libc6:i386=2:2.36-9",
            "pip --python '/opt/my venv' uninstall -y new",
            "pip --python '/opt/my venv' install six==1.16",
            "npm uninstall -g --prefix /usr/local y",
            "npm install -g --prefix /usr/local @org/x@1.0.0",
        ),
        (),
    )


def test_apt_is_told_of_downgrades_only_where_there_are_some() -> None:
    assert plan([_apt(DOWNGRADED, "bash", "5.1")]).commands == (
        "sudo apt-get install -y --allow-downgrades bash:amd64=5.1",
    )


def test_each_environment_has_its_own_commands_and_none_is_named_that_is_not_known() -> None:
    row = Package("six", "", "1")
    found = plan([_in("pip", "/b", ADDED, row), _in("pip", "/a", ADDED, row), _in("pip", "", ADDED, row)])
    assert found.commands == ("pip install six==1", "pip --python /a install six==1", "pip --python /b install six==1")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_apt(ADDED, "--yes", "1"), "its name cannot be used in a command"),
        (_apt(REMOVED, "a b", "1"), "its name cannot be used in a command"),
        (_apt(ADDED, "a;reboot", "1"), "its name cannot be used in a command"),
        (_apt(ADDED, "bash", ""), "its version cannot be used in a command"),
        (_apt(ADDED, "bash", "1 -o X=y"), "its version cannot be used in a command"),
        (_apt(REMOVED, "bash", "1", flags=ESSENTIAL), "the system needs this package"),
        (_apt(REMOVED, "bash", "1", flags=PROTECTED), "the system needs this package"),
        (_apt(CHANGED, "bash", "1"), "more than its version differs"),
        (_in("pip", VENV, ADDED, Package("six", "", "1", EDITABLE)), "it was not installed from the registry"),
        (
            _in("pip", VENV, ADDED, Package("six", "", "1", 0, (("url", "git+x"),))),
            "it was not installed from the registry",
        ),
        (
            _in("npm", NODE, ADDED, Package("x", "", "1.0.0", 0, (("resolved", "git+x"),))),
            "it was not installed from the registry",
        ),
        (
            _in("npm", NODE, ADDED, Package("x", "", "1.0.0", 0, (("alias", "y"),))),
            "it was not installed from the registry",
        ),
        (_in("pip", VENV, ADDED, Package("six", "", "1", BROKEN)), "it was not installed from the registry"),
        (_in("npm", NODE, ADDED, Package("x", "", "1.0.0", LINK)), "it was not installed from the registry"),
        (_in("npm", NODE, REMOVED, Package("x", "", "1.0.0", OWNED)), "dpkg owns the files"),
        (
            _in("pip", "/usr/lib/python3/dist-packages", ADDED, Package("six", "", "1")),
            "pip has no option to work in /usr/lib/python3/dist-packages",
        ),
    ],
)
def test_what_no_command_puts_right_is_named_with_the_reason(change: Change, why: str) -> None:
    found = plan([change])
    assert found.commands == ()
    assert found.left == (f"{change.ecosystem} {change.package.name}: {why}",)


def test_what_is_nested_comes_with_its_parent_and_facts_are_no_packages() -> None:
    nested = _in("npm", NODE, ADDED, Package("x", "", "1.0.0", NESTED))
    assert plan([nested, _in("system", "", CHANGED, Package("kernel/running", "", "6"))]) == Plan((), ())
