"""Keeping the files of several people's environments as root: the machine of `people`, and a repository of root's."""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.files import Nobodys, Place, Wanted
from cortexrepo.machine.accounts import Account, Accounts
from cortexrepo.machine.whose.domains import Domains
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import OK
from cortexrepo.recording.keeping import Keeping, keep
from cortexrepo.recording.makers import Makers
from cortexrepo.recording.realms import Realms
from cortexrepo.repository.repository import Repository
from support.machines.fakemachines import fake_room
from support.machines.people import USERS
from support.repositories.inventories import MACHINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.model.artifact import Artifact
    from support.machines.people import People

PLACE = "lib/python3.11/site-packages"


class Keeper(NamedTuple):
    """The machine, and root's repository."""

    people: People
    repository: Repository
    live: bool

    def keep(self, *readings: Reading) -> Keeping:
        """Makes a snapshot of these readings, and keeps files for it as root does."""
        self.repository.create(Inventory(MACHINE, (), tuple(sorted(readings))))
        with self.opened() as realms:
            place = Place(
                realms.guarded, fake_room(str(self.staging)), Domains(registry.reached, 0) if self.live else Nobodys()
            )
            found = keep(self.repository.artifacts, sorted(readings), place, online=False, makers=Makers(realms))
        assert list(self.staging.iterdir()) == []
        return found

    @property
    def staging(self) -> Path:
        """Returns root's private directory."""
        made = self.people.root / "staging"
        made.mkdir(mode=0o700, exist_ok=True)
        return made

    @contextmanager
    def opened(self) -> Iterator[Realms]:
        """Yields the machine as root reads it."""
        rows = [Account(name, USERS[name], USERS[name], str(self.people.home(name))) for name in self.people.names]
        if self.live:
            realms = Realms("/", {}, live=True, accounts=Accounts(rows))
        else:
            realms = Realms(str(self.people.root), {}, live=False)
        try:
            yield realms
        finally:
            realms.close()

    def place(self, system: Files, staging: Path) -> Place:
        """Returns where an ordinary user's command looks for files."""
        return Place(system, fake_room(str(staging)), Domains(registry.reached))

    def wanted(self, environment: str, name: str) -> Wanted:
        """Returns a distribution as `Provider` is asked for it."""
        reading = pip(environment, name)
        assert reading.manifest is not None
        return Wanted(environment, reading.facts, reading.manifest.packages[0])

    def path(self, path: Path) -> str:
        """Returns a path of the disk of the test as this machine has it."""
        return str(path) if self.live else str(path).removeprefix(str(self.people.root))

    def content(self, artifact: Artifact) -> bytes:
        """Returns the bytes of a kept file."""
        copy = self.people.root / "copy"
        copy.unlink(missing_ok=True)
        self.repository.artifacts.copy(artifact, str(copy))
        return copy.read_bytes()

    def everything(self) -> bytes:
        """Returns everything that the repository holds: its files, and what is packed in kept wheels and tarballs."""
        found = [path.read_bytes() for path in self.people.root.joinpath("repository").rglob("*") if path.is_file()]
        for artifact in self.repository.artifacts.every():
            found.append(self.content(artifact))
            found += unpacked(self.people.root / "copy")
        return b"".join(found)


def unpacked(path: Path) -> list[bytes]:
    """Returns the content of every file in a wheel or a tarball."""
    import tarfile

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as wheel:
            return [wheel.read(name) for name in wheel.namelist()]
    with tarfile.open(path) as archive:
        files = [archive.extractfile(member) for member in archive]
        return [file.read() for file in files if file is not None]


@contextmanager
def keeper(people: People, *, live: bool = True) -> Iterator[Keeper]:
    """Yields root's keeping of a machine's files."""
    yield Keeper(people, Repository.init(people.root / "repository"), live)


def line(name: str, content: bytes) -> str:
    """Returns a line of RECORD."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def installed(prefix: Path, name: str, owner: str, files: Mapping[str, bytes] = {}, version: str = "1.0") -> Path:
    """Installs a distribution as pip would, into an environment that is all of this user; returns its site directory.

    Args:
        prefix: The environment.
        name: The distribution's name.
        owner: The user.
        files: Further files, by their paths from the site directory.
        version: The distribution's version.
    """
    site, user = prefix / PLACE, USERS.get(owner, 0)
    info = f"{name}-{version}.dist-info"
    (site / info).mkdir(parents=True)
    (prefix / "pyvenv.cfg").write_text("version = 3.11.2\n")
    every = {
        f"{name}.py": f"name = {name!r}\n".encode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
        **files,
    }
    for path, content in every.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(content)
    record = "".join(line(path, content) for path, content in every.items())
    (site / info / "RECORD").write_text(f"{record}{info}/RECORD,,\n")
    for made in (prefix, *prefix.rglob("*")):
        os.lchown(made, user, user)
    return site


def pip(environment: str, *names: str, version: str = "1.0") -> Reading:
    """Returns what a snapshot says of a virtual environment with these distributions."""
    packages = [Package(name, "", version) for name in names]
    return Reading("pip", environment, OK, Manifest.of("pip", packages), "", (("kind", "venv"), ("python", "3.11")))


def npm(environment: str, *names: str, version: str = "1.0.0") -> Reading:
    """Returns what a snapshot says of an npm prefix with these packages."""
    return Reading("npm", environment, OK, Manifest.of("npm", [Package(name, "", version) for name in names]), "", ())
