"""A local apt archive of small real packages, made in a fraction of a second with nothing but the standard library.

Suites: `all` has every version, `newest` the newest alone (the older ones have vanished), `other` what a third party
offers. The files are in `pool`. What each package is there for stands beside it in `_fill`.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import os
import tarfile
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt import versions as debversion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

VERSIONS = ("1.0", "1.1", "2.0")
_DATE = "Thu, 01 Jan 2026 00:00:00 UTC"


class Deb(NamedTuple):
    """One file of the archive: what it installs, its stanza and its bytes."""

    name: str
    version: str
    arch: str
    stanza: str
    content: bytes

    @property
    def file(self) -> str:
        """The name that apt gives it in its cache."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_{self.arch}.deb"


class Archive:
    """Packages, and the suites that offer them."""

    def __init__(self, native: str = "amd64", foreign: str = "i386") -> None:
        """Takes the two architectures."""
        self.native, self.foreign = native, foreign
        self.debs: dict[tuple[str, str, str], Deb] = {}

    def add(
        self,
        name: str,
        version: str,
        arch: str = "all",
        *,
        files: Mapping[str, str] | None = None,
        links: Mapping[str, str] | None = None,
        scripts: Mapping[str, str] | None = None,
        conffiles: Sequence[str] = (),
        fields: Mapping[str, str] | None = None,
        payload: int = 0,
        modes: Mapping[str, int] | None = None,
        sums: bool = True,
        triggers: str = "",
    ) -> Deb:
        """Adds a package.

        Args:
            name: The package.
            version: Its version.
            arch: Its architecture.
            files: The content of its files by their paths, which begin without a slash.
            links: Where its links lead, by their paths.
            scripts: Its scripts by their names.
            conffiles: Which of the files are configuration files.
            fields: Further fields of its stanza.
            payload: How many bytes that cannot be compressed it carries besides.
            modes: The modes of files that have another one than 0644.
            sums: Whether it has checksums of its files.
            triggers: Its file of triggers.
        """
        content = {**(files or {}), f"usr/share/{name}/version-{arch}": version + "\n"}
        about = {
            "Package": name,
            "Version": version,
            "Architecture": arch,
            "Maintainer": "Tests <tests@example.invalid>",
            "Installed-Size": str(1 + payload // 1024),
            **(fields or {}),
            "Description": f"test package {name}",
        }
        text = "".join(f"{key}: {value}\n" for key, value in about.items())
        control: dict[str, tuple[bytes, int]] = {"control": (text.encode(), 0o644)}
        for script, body in (scripts or {}).items():
            control[script] = (f"#!/bin/sh\nset -e\n{body}\n".encode(), 0o755)
        if conffiles:
            control["conffiles"] = ("".join(f"/{path}\n" for path in conffiles).encode(), 0o644)
        if triggers:
            control["triggers"] = (triggers.encode(), 0o644)
        data = {path: (body.encode(), (modes or {}).get(path, 0o644)) for path, body in content.items()}
        if payload:
            data[f"usr/share/{name}/payload"] = (os.urandom(payload), 0o644)
        if sums:
            digests = (f"{hashlib.md5(body).hexdigest()}  {path}\n" for path, (body, _) in sorted(data.items()))  # noqa: S324
            control["md5sums"] = ("".join(digests).encode(), 0o644)
        packed = {"control.tar.gz": _tar(control), "data.tar.gz": _tar(data, links or {})}
        blob = _ar({"debian-binary": b"2.0\n", **packed})
        deb = Deb(name, version, arch, text, blob)
        self.debs[name, version, arch] = deb
        return deb

    def write(self, root: Path, suites: Mapping[str, Sequence[Deb]] | None = None) -> None:
        """Writes the pool, and the lists of the suites: by default `all`, `newest` and `other`."""
        pool = root / "pool"
        pool.mkdir(parents=True, exist_ok=True)
        for deb in self.debs.values():
            (pool / deb.file).write_bytes(deb.content)
        for suite, debs in (suites or self.suites()).items():
            self._suite(root / "dists" / suite, suite, debs)

    def suites(self) -> dict[str, list[Deb]]:
        """Returns the usual suites."""
        own = [deb for deb in self.debs.values() if deb.name != "cx-third"]
        order = functools.cmp_to_key(debversion.compare)
        newest: dict[str, str] = {}
        for deb in own:
            newest[deb.name] = max(newest.get(deb.name, deb.version), deb.version, key=order)
        return {
            "all": own,
            "newest": [deb for deb in own if newest[deb.name] == deb.version],
            "other": [deb for deb in self.debs.values() if deb.name == "cx-third"],
        }

    def _suite(self, base: Path, suite: str, debs: Sequence[Deb]) -> None:
        sums = []
        for arch in (self.native, self.foreign):
            body = "\n".join(_offered(deb) for deb in debs if deb.arch in {"all", arch}).encode()
            path = f"main/binary-{arch}/Packages"
            (base / path).parent.mkdir(parents=True, exist_ok=True)
            (base / path).write_bytes(body)
            sums.append(f" {hashlib.sha256(body).hexdigest()} {len(body)} {path}\n")
        (base / "Release").write_text(
            f"Origin: Tests\nLabel: Tests\nSuite: {suite}\nCodename: {suite}\n"
            f"Architectures: {self.native} {self.foreign}\nComponents: main\nDate: {_DATE}\nSHA256:\n{''.join(sums)}"
        )


def standard(native: str = "amd64", foreign: str = "i386", *, kernel: str = "") -> Archive:
    """Returns an archive with every case; `kernel` is the release of one that runs."""
    archive = Archive(native, foreign)
    for version in VERSIONS:
        _fill_versions(archive, version)
    _fill(archive)
    if kernel:
        archive.add(f"linux-image-{kernel.replace('_', '-')}", "1.0", native)
    return archive


def _offered(deb: Deb) -> str:
    digest = hashlib.sha256(deb.content).hexdigest()
    return f"{deb.stanza}Filename: pool/{deb.file}\nSize: {len(deb.content)}\nSHA256: {digest}\n"


def _fill_versions(archive: Archive, version: str) -> None:
    major = int(version[0])
    add = archive.add
    add("cx-lib", version)
    # A band: the application needs the library of its own major version.
    band = f"cx-lib (>= {major}.0), cx-lib (<< {major + 1}.0)"
    add("cx-app", version, fields={"Depends": band, "Recommends": "cx-plugin"})
    add("cx-plugin", version, fields={"Depends": "cx-lib"})
    add("cx-conf", version, files={"etc/cx-conf.conf": f"setting = {version}\n"}, conffiles=["etc/cx-conf.conf"])
    add("cx-hold", version)
    add("cx-solo", version)
    add("cx-fail", version, scripts={"postinst": _unless("/etc/cx-fail", "cx-fail: told to fail")})
    add("cx-slow", version, scripts={"postinst": "sleep $(cat /etc/cx-slow 2>/dev/null || echo 0)"})
    add("cx-ess", version, fields={"Essential": "yes"})
    add("cx-prot", version, fields={"Protected": "yes"})
    for arch in (archive.native, archive.foreign):
        add("cx-ma", version, arch, fields={"Multi-Arch": "same"})
    add("cx-big", version, payload=3 << 20)
    # A name of which a longer one exists, and that is also a regular expression.
    add("cx-re.x", version)
    add("cx-re1x", version)
    for number in range(6):
        add(f"cx-many{number}", version, scripts={"postinst": "sleep 0.02"})


def _fill(archive: Archive) -> None:
    add = archive.add
    add("cx-old", "1.0")
    add("cx-new", "2.0", fields={"Conflicts": "cx-old", "Replaces": "cx-old", "Provides": "cx-feature"})
    add("cx-user", "1.0", fields={"Depends": "cx-old | cx-new"})
    for version in ("5.0-1", "1:0.9-1", "1:1.0~rc1+dfsg-2"):  # the first is the lowest
        add("cx-epoch", version)
    # dpkg runs the script of the package that comes in: going down it refuses.
    down = (
        'if [ "$1" = upgrade ] && dpkg --compare-versions "$2" gt 1.0; then echo "cx-noold: never down" >&2; exit 1; fi'
    )
    add("cx-noold", "1.0", scripts={"preinst": down})
    add("cx-noold", "2.0")
    divert = "--package cx-div --rename --divert /usr/share/cx-solo/version-all.orig"
    place = "/usr/share/cx-solo/version-all"
    take = f'if [ "$1" = remove ]; then dpkg-divert --package cx-div --remove --rename {place}; fi'
    add("cx-div", "1.0", scripts={"preinst": f"dpkg-divert {divert} --add {place}", "postrm": take})
    _fill_detours(archive)
    # It changes its architecture.
    add("cx-arch", "1.0", archive.native)
    add("cx-arch", "2.0")
    add("cx-third", "3.0")
    add("cx-reboot", "1.0", scripts={"postinst": "mkdir -p /run; touch /run/reboot-required"})
    add("cx-daemon", "1.0", files={"lib/systemd/system/cx-daemon.service": "[Unit]\n"})
    add("cx-daemon", "2.0", files={"lib/systemd/system/cx-daemon.service": "[Unit]\n"})


def _fill_detours(archive: Archive) -> None:
    """Adds a library that takes another one's file over and diverts one, and a package that leaves a diversion."""
    folder, name = "usr/lib/cx-so", "libcx.so.1"
    archive.add("cx-so", "1.0", files={f"{folder}/{name}": "1.0\n", f"{folder}/more": "1.0\n"})
    divert = f"dpkg-divert --package cx-sot64 --no-rename --divert /{folder}/more.aside"
    archive.add(
        "cx-sot64", "2.0", files={f"{folder}/{name}": "2.0\n"}, fields={"Replaces": "cx-so", "Breaks": "cx-so (<< 2)"},
        scripts={
            "preinst": f"{divert} --add /{folder}/more",
            "prerm": f'if [ "$1" = remove ]; then {divert} --remove /{folder}/more; fi',
        },
    )  # fmt: skip
    place = "/usr/share/cx-many0/version-all"
    leave = f"dpkg-divert --package cx-leaves --rename --divert {place}.real --add {place}"
    archive.add("cx-leaves", "1.0")
    archive.add("cx-leaves", "2.0", scripts={"preinst": leave})


def _unless(path: str, message: str) -> str:
    return f'if [ "$1" = configure ] && [ -e {path} ]; then echo "{message}" >&2; exit 1; fi'


def _tar(files: Mapping[str, tuple[bytes, int]], links: Mapping[str, str] | None = None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        parts = [path.split("/")[:-1] for path in files]
        directories = {"/".join(part[:depth]) for part in parts for depth in range(len(part) + 1)}
        for directory in sorted(directories):
            about = tarfile.TarInfo(f"./{directory}")
            about.type, about.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(about)
        for path, (content, mode) in sorted(files.items()):
            about = tarfile.TarInfo(f"./{path}")
            about.size, about.mode = len(content), mode
            tar.addfile(about, io.BytesIO(content))
        for path, target in (links or {}).items():
            about = tarfile.TarInfo(f"./{path}")
            about.type, about.linkname = tarfile.SYMTYPE, target
            tar.addfile(about)
    return gzip.compress(buffer.getvalue(), 1, mtime=0)


def _ar(members: Mapping[str, bytes]) -> bytes:
    parts = [b"!<arch>\n"]
    for name, data in members.items():
        head = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n"
        parts += (head.encode(), data, b"\n" * (len(data) % 2))
    return b"".join(parts)
