"""Debian 12 to 13 as a whole, back, and forward again: every file of every package, and a machine that works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.beds import Bed
from support.machines.debian_roots import debian_root
from support.machines.debian_states import apt, as_it_was, lost, sources, state
from support.machines.elsewhere import ENVIRONMENT, product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.machines.elsewhere import Elsewhere

pytestmark = pytest.mark.nightly

PACKAGES = (
    "python3-venv", "ca-certificates", "openssh-server", "cron", "rsyslog", "vim", "nginx", "postfix", "perl", "man-db",
    "locales", "sudo", "bash-completion", "less", "curl", "git", "systemd-sysv", "udev", "ifupdown", "iproute2",
    "logrotate", "dbus", "netbase", "procps", "nano", "tzdata", "gnupg", "python3-apt", "python3-yaml",
)  # fmt: skip
WORKS = (
    'test -z "$(dpkg --audit)"', "apt-get check", "apt-get -s dist-upgrade", "bash -c true", "sh -c true",
    "python3 -c 'import apt_pkg, ctypes, sqlite3, ssl, yaml'", "perl -MPOSIX -MIO::Socket -MData::Dumper -e 1",
    "mkdir -p /run/sshd && sshd -t", "nginx -t", "postconf -d mail_version", "vim --version", "git --version",
    "curl --version", "man --version", "sudo -V", "ldconfig -p", "systemctl --version", "ip -V", "rsyslogd -v",
)  # fmt: skip
"""What must end with 0 in each state."""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """Debian 12 with what a server has."""
    with Bed.make(root=debian_root("bookworm", PACKAGES, (ENVIRONMENT,)), size="8g") as bed:
        made = product(bed, tmp_path_factory.mktemp("wheels"))
        sources(bed, "bookworm")
        apt(bed, "dist-upgrade")
        yield made


def test_a_release_goes_back_and_forward(
    machine: Elsewhere, tmp_path: Path, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    machine.cortex("create", "--tag", "twelve")
    twelve, links = state(machine.bed), broken(machine)
    works(machine)
    sources(machine.bed, "trixie")
    apt(machine.bed, "dist-upgrade")
    machine.renew(tmp_path / "13")
    machine.cortex("create", "--tag", "thirteen")
    thirteen = state(machine.bed)
    works(machine)
    sources(machine.bed, "bookworm", "trixie")
    plan = machine.document("restore", "twelve", "--only", "apt", "--dry-run")
    tell_counts({"packages": sum(len(part["steps"]) for part in plan["parts"]), "files": len(lost(twelve, thirteen))})

    back = machine.document("restore", "twelve", "--only", "apt", "--yes", code=None)
    machine.renew(tmp_path / "12")
    as_it_was(machine.bed, twelve, back)
    works(machine)
    assert broken(machine) == links

    forth = machine.document("restore", "thirteen", "--only", "apt", "--yes", code=None)
    machine.renew(tmp_path / "13 again")
    as_it_was(machine.bed, thirteen, forth)
    works(machine)


def works(machine: Elsewhere) -> None:
    """Asserts that the programs of a machine start."""
    failed = [word for word in WORKS if machine.bed.run("sh", "-c", word, code=None).code]
    assert failed == []


def broken(machine: Elsewhere) -> list[str]:
    """Returns the links among the programs that lead nowhere."""
    return sorted(machine.bed.run("find", "/usr/bin", "/usr/sbin", "-xtype", "l").out.split())
