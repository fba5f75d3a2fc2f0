"""A machine whose packages change slowly: the same history for every tool, from one seed."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import AUTO, Manifest, Package
from cortexrepo.model.snapshot import OK

if TYPE_CHECKING:
    from collections.abc import Iterator

MACHINE = "5eed" * 8
START = 1_450_000_000_000
HOUR = 3_600_000
_STEMS = """
apparmor apt avahi bash bind9 binutils bluez boost bzip2 ca-certificates cairo coreutils cron cups curl dbus
dpkg e2fsprogs expat ffmpeg firefox fontconfig freetype gcc gdb ghostscript git glib2.0 gnupg grep gtk gzip
icu kmod krb5 ldap less libarchive libcap libevent libffi libidn libpng libssh libtool libusb libxml2 linux
locales lsb lua mariadb mesa mime-support mount nano ncurses net-tools nginx nodejs nss openjdk openssh
openssl pam pango perl php pkg-config postgresql procps python3 qemu readline redis rsync ruby samba sed
shadow sqlite3 sudo systemd tar tcl tzdata udev unzip util-linux vim wayland wget wpa x11 xfonts xorg xz-utils
zlib zstd
""".split()  # noqa: SIM905 -- a list of a hundred words
_ENDS = ("", "-common", "-dev", "-data", "-doc", "-bin", "-utils", "0", "1", "-client", "-server", "-tools")
_ALWAYS = ("bash", "curl", "openssl", "xz-utils")
"""Packages that are always there, so that one can ask for them."""


class History:
    """Names and versions of one ecosystem, changed in place from day to day."""

    def __init__(self, seed: int, count: int) -> None:
        """Makes `count` packages."""
        self._random = random.Random(seed)  # noqa: S311 -- the same for everybody is the point
        self.versions: dict[str, str] = {}
        for name in _ALWAYS[:count]:
            self.versions[name] = self._first()
        while len(self.versions) < count:
            self._add()

    def change(self, most: int) -> None:
        """Has up to `most` packages in a row of names get another version; at times some come or go."""
        names = sorted(self.versions)
        count, start = self._random.randint(0, most), self._random.randrange(len(names))
        for name in names[start : start + count]:
            self.versions[name] = self._next(self.versions[name])
        if self._random.random() < 0.2:
            del self.versions[self._random.choice([name for name in names if name not in _ALWAYS])]
            self._add()

    def _add(self) -> None:
        choose = self._random.choice
        stem, end = choose(_STEMS), choose(_ENDS)
        name = f"{choose(('', '', 'lib', 'python3-', 'golang-', 'node-'))}{stem}{end}"
        self.versions[name] = self._first()

    def _first(self) -> str:
        number = self._random.randrange
        end = self._random.choice(("", "+b1", "~deb12u1"))
        return f"{number(12)}.{number(30)}.{number(20)}-{number(1, 9)}{end}"

    def _next(self, version: str) -> str:
        """Returns a version with one of its numbers raised, more often the last."""
        numbers = list(re.finditer(r"\d+", version))
        found = numbers[-1] if self._random.random() < 0.6 else self._random.choice(numbers)
        return f"{version[: found.start()]}{int(found[0]) + self._random.choice((1, 1, 2))}{version[found.end() :]}"


def days(count: int, seed: int = 7) -> Iterator[dict[str, str]]:
    """Yields the apt packages of each day: 700, of which up to 30 change; the same dictionary each time."""
    apt = History(seed, 700)
    for day in range(count):
        if day:
            apt.change(30)
        yield apt.versions


def manifest(ecosystem: str, versions: dict[str, str]) -> Manifest:
    """Returns the manifest of these packages."""
    arch, flags = ("amd64", AUTO) if ecosystem == "apt" else ("", 0)
    return Manifest.of(ecosystem, [Package(name, arch, version, flags) for name, version in versions.items()])


def daily(count: int, seed: int = 7) -> Iterator[tuple[int, Inventory]]:
    """Yields moment and inventory of each day: apt alone."""
    for day, versions in enumerate(days(count, seed)):
        reading = Reading("apt", "", OK, manifest("apt", versions))
        yield START + 24 * HOUR * day, Inventory(MACHINE, (("hostname", "bench"),), (reading,))


def hourly(count: int, seed: int = 7) -> Iterator[tuple[int, Inventory]]:
    """Yields moment and inventory of each hour: apt changes daily, pip twice a week, npm weekly."""
    apt, pip, npm = History(seed, 700), History(seed + 1, 200), History(seed + 2, 40)
    jitter = random.Random(seed)  # noqa: S311 -- as above
    readings: tuple[Reading, ...] = ()
    for hour in range(count):
        if hour % 24 == 0:
            apt.change(30)
        if hour % 84 == 0:
            pip.change(10)
        if hour % 168 == 0:
            npm.change(5)
        if not readings or hour % 12 == 0:
            readings = (
                Reading("apt", "", OK, manifest("apt", apt.versions)),
                Reading("npm", "/usr/lib", OK, manifest("npm", npm.versions), "", (("node", "20.1.0"),)),
                Reading("pip", "/usr", OK, manifest("pip", pip.versions), "", (("python", "3.11.2"),)),
            )
        yield START + HOUR * hour + jitter.randrange(1000), Inventory(MACHINE, (("hostname", "bench"),), readings)
