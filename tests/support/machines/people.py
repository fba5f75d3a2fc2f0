"""A machine with several people's homes, for root: directories with their real owners, below one that all may enter."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from cortexrepo.machine.accounts import Account, Accounts
from cortexrepo.recording.collecting import gather
from cortexrepo.recording.realms import Realms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cortexrepo.model.inventory import Inventory, Reading

USERS = {"alice": 4001, "bob": 4002, "carol": 4003, "dave": 4004, "eve": 4005}
SITE = ".local/lib/python3.11/site-packages"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")


class People(NamedTuple):
    """The machine: its root directory, and who has an account."""

    root: Path
    names: tuple[str, ...]

    def home(self, name: str) -> Path:
        """Returns a home on the disk of the test."""
        return self.root / "home" / name

    def own(self, name: str, *paths: Path) -> None:
        """Gives what is at paths, and below, to a user; links themselves, not what they lead to."""
        user = USERS.get(name, 0)
        for path in paths:
            os.lchown(path, user, user)
            if path.is_dir() and not path.is_symlink():
                for one in path.rglob("*"):
                    os.lchown(one, user, user)

    def mine(self, name: str, path: str) -> Path:
        """Makes a directory in a home, with all that is on the way, and returns it.

        Raises NotADirectoryError where a link is on the way: what it leads to is not the test's to change.
        """
        made = self.home(name)
        for part in path.split("/"):
            made /= part
            if made.is_symlink():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(made))
            made.mkdir(exist_ok=True)
            os.lchown(made, USERS[name], USERS[name])
        return made

    def site(self, name: str, *packages: str, where: str = SITE) -> Path:
        """Makes a site directory in a home, with distributions `NAME`, each of version 1.0."""
        made = self.mine(name, where)
        for package in packages:
            dist(made, package)
            self.own(name, made / f"{package}-1.0.dist-info")
        return made

    def venv(self, path: Path, *packages: str, owner: str = "root") -> Path:
        """Makes a virtual environment, and returns its site directory."""
        made = path / "lib/python3.11/site-packages"
        made.mkdir(parents=True)
        (path / "pyvenv.cfg").write_text("version = 3.11.2\n")
        for package in packages:
            dist(made, package)
        self.own(owner, path)
        return made

    def prefix(self, path: Path, *packages: str, owner: str = "root") -> Path:
        """Makes an npm prefix, and returns its folder of packages."""
        made = path / "lib/node_modules"
        made.mkdir(parents=True)
        for package in packages:
            (made / package).mkdir()
            (made / package / "package.json").write_text(f'{{"name": "{package}", "version": "1.0.0"}}')
        self.own(owner, path)
        return made

    def read(
        self,
        only: Sequence[str] = ("npm", "pip"),
        *,
        known: Sequence[str] = (),
        variables: dict[str, str] | None = None,
        live: bool = False,
    ) -> dict[tuple[str, str], Reading]:
        """Returns the readings of the machine by ecosystem and environment: as another root, or as this machine's own.

        As this machine's own, every path begins with the directory of the test, and the machine's own environments are
        left out.
        """
        found = self.inventory(only, known=known, variables=variables, live=live).readings
        start = str(self.root) if live else ""
        return {
            (one.ecosystem, one.environment.removeprefix(start)): one
            for one in found
            if not live or one.environment.startswith(start)
        }

    def inventory(
        self,
        only: Sequence[str] = ("npm", "pip"),
        *,
        known: Sequence[str] = (),
        variables: dict[str, str] | None = None,
        live: bool = False,
    ) -> Inventory:
        """Returns all of it."""
        if not live:
            return gather(Realms(str(self.root), variables or {}, live=False), only=only, known=known)[0]
        rows = [Account(name, USERS[name], USERS[name], str(self.home(name))) for name in self.names]
        view = Realms("/", variables or {}, live=True, accounts=Accounts(rows))
        # What a search of this machine's own /srv and /opt would find.
        searched = [str(one) for place in ("srv", "opt") for one in sorted((self.root / place).iterdir())]
        return gather(view, only=only, known=[*known, *searched])[0]


def dist(site: Path, name: str, version: str = "1.0") -> Path:
    """Writes a distribution."""
    made = site / f"{name}-{version}.dist-info"
    made.mkdir()
    (made / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n")
    return made


@contextmanager
def people(*names: str) -> Iterator[People]:
    """Yields a machine with these people's homes; it is gone afterwards."""
    root = Path(tempfile.mkdtemp(prefix="people-"))
    try:
        root.chmod(0o755)
        for directory in ("etc", "home", "opt", "srv", "tmp"):
            (root / directory).mkdir()
        (root / "tmp").chmod(0o1777)
        lines = [f"{name}:x:{USERS[name]}:{USERS[name]}::/home/{name}:/bin/sh\n" for name in names]
        (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n" + "".join(lines))
        (root / "etc/machine-id").write_text("0" * 31 + "1\n")
        made = People(root, names)
        for name in names:
            made.home(name).mkdir()
            made.own(name, made.home(name))
        yield made
    finally:
        shutil.rmtree(root)


@contextmanager
def acting(user: str) -> Iterator[None]:
    """Lets this process do what follows with a user's rights to files."""
    os.setresgid(-1, USERS[user], -1)
    os.setresuid(-1, USERS[user], -1)
    try:
        yield
    finally:
        os.setresuid(-1, 0, -1)
        os.setresgid(-1, 0, -1)


def names(reading: Reading | None) -> list[str]:
    """Returns the names of a reading's packages."""
    assert reading is not None
    assert reading.manifest is not None, reading
    return [package.name for package in reading.manifest.packages]


def texts(inventory: Inventory) -> str:
    """Returns everything that an inventory says, as one text."""
    return repr(inventory)


def while_doing(act: Callable[[], None], work: Callable[[], None]) -> int:
    """Does `work` while another process does `act` again and again; returns how often it did."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        count = 0
        try:
            while os.getppid() != 1 and count < 200_000:
                act()
                count += 1
                os.write(writing, b".") if count % 16 == 0 else None
        finally:
            os._exit(0)
    os.close(writing)
    try:
        work()
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as file:
        return len(file.read()) * 16
