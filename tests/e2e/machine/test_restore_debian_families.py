"""Debian's own packages that take files over from one another: from Debian 12 to its backports, back, and forward."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.machines.beds import Bed
from support.machines.debian_roots import debian_root
from support.machines.debian_states import apt, as_it_was, lost, sources, state
from support.machines.elsewhere import ENVIRONMENT, product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.machines.elsewhere import Elsewhere

pytestmark = pytest.mark.nightly


class Family(NamedTuple):
    """Packages of Debian 12, and what they are in the backports: the same names where nothing else is said."""

    name: str
    first: str
    then: str = ""


FAMILIES = [
    # A directory of each becomes a link to that of another one; files move between them.
    Family("postfix", "postfix postfix-pcre postfix-ldap postfix-lmdb postfix-sqlite postfix-cdb postfix-doc"),
    # Files move from one package to three others; 38 packages change.
    Family("samba", "samba smbclient samba-vfs-modules winbind libnss-winbind"),
    # Programs move to a new package, and units move into /usr.
    Family("systemd", "systemd systemd-sysv udev libpam-systemd systemd-timesyncd systemd-container"),
    # One package becomes eight.
    Family("libvirt", "libvirt-daemon-system libvirt-clients libvirt-daemon libvirt-daemon-driver-lxc"),
    # A transitional package goes, a new one takes files over.
    Family("7zip", "7zip p7zip-full", "7zip 7zip-standalone p7zip-full-"),
    Family("puredata", "puredata-core"),
    Family("zabbix", "zabbix-agent", "zabbix-agent zabbix-sender"),
    # Configuration files move to /usr/share, and a package of documents is absorbed.
    Family("iproute2", "iproute2 iproute2-doc ifupdown", "iproute2 ifupdown"),
    # A package of headers and one of its library change places.
    Family("catch2", "catch2", "libcatch2-dev"),
    Family("sos", "sosreport", "sos"),
    Family("dracut", "dracut-core dracut-network", "dracut-core dracut-network dracut-install"),
    Family("debhelper", "debhelper dh-buildinfo", "debhelper"),
]


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """A small Debian 12 that knows its backports."""
    with Bed.make(root=debian_root("bookworm", ("python3-venv",), (ENVIRONMENT,))) as bed:
        made = product(bed, tmp_path_factory.mktemp("wheels"))
        sources(bed, "bookworm", "bookworm-backports")
        yield made


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_goes_back_and_forward(
    twelve: Elsewhere, family: Family, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    with twelve.fresh("4g") as machine:
        apt(machine.bed, "install", *family.first.split())
        machine.cortex("create", "--tag", "a")
        first = state(machine.bed)
        apt(machine.bed, "-t", "bookworm-backports", "install", *(family.then or family.first).split())
        machine.cortex("create", "--tag", "b")
        then = state(machine.bed)
        assert lost(first, then)
        tell_counts({"files": len(lost(first, then)), "packages": len(machine.document("diff", "a", "b")["changes"])})
        as_it_was(machine.bed, first, machine.document("restore", "a", "--only", "apt", "--yes", code=None))
        assert not machine.document("verify", "--installed", code=None)["installed"]["wrong"]
        as_it_was(machine.bed, then, machine.document("undo", "--yes", code=None))
        assert not machine.document("verify", "--installed", code=None)["installed"]["wrong"]
