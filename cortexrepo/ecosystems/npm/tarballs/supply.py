"""The tarballs that a restore needs: from npm's cache, from what is kept, from the registries, in this order."""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.npm.tarballs.cache import NpmCache, digest
from cortexrepo.ecosystems.npm.tarballs.registries import Offer, Registries, Spec, configured, shown
from cortexrepo.ecosystems.npm.tarballs.tarball import Contents, read
from cortexrepo.errors import CorruptError, CortexError
from cortexrepo.machine.whose.domains import is_own
from cortexrepo.model.artifact import own_name
from cortexrepo.model.content import is_other
from cortexrepo.model.plan import ARTIFACT, CACHE, CONFIGURED, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.ecosystems.npm.program import Npm
    from cortexrepo.model.artifact import Artifact
    from cortexrepo.model.package import Package

NAME = "npm"


class Tarball(NamedTuple):
    """A tarball that is here: a private copy, what is in it, and where it came from."""

    path: str
    contents: Contents
    source: Source


class Supply:
    """Brings tarballs into one private directory; what is there already is not brought again."""

    def __init__(self, npm: Npm | None, room: Room, planned: Mapping[Spec, Source] | None = None) -> None:
        """Takes the npm to fetch with, None where there is none: then only what is kept is available.

        Args:
            npm: The npm.
            room: What there is to work with.
            planned: Where files were found before: one that is still in the private directory is taken from there.
        """
        self._planned = planned or {}
        self._npm = npm
        self._room = room
        self._directory = f"{room.staging}/tarballs"
        self._registries: Registries | None = None
        self._asked: set[str] = set()
        self._silent: dict[str, str] = {}
        self._fault = ""
        self._rows: dict[Spec, Package] = {}
        self.brought: dict[Spec, Tarball] = {}
        self.missing: dict[Spec, str] = {}
        """What is not available, and why."""

    def bring(self, packages: Iterable[Package]) -> None:
        """Brings the tarball of every package, as far as it is available."""
        packages = [row for row in packages if spec_of(row) not in self.brought and spec_of(row) not in self.missing]
        if not packages:
            return
        self._rows.update((spec_of(row), row) for row in packages)
        os.makedirs(self._directory, exist_ok=True)
        rest = [row for row in packages if not (self._here(row) or self._from_cache(row) or self._from_shelf(row))]
        for row in rest:
            # From elsewhere than a registry: what a registry offers under this name is something else.
            if origin := row.attribute("resolved"):
                self.missing[spec_of(row)] = f"the package was installed from {origin}, not from a registry"
        self._from_registries([spec_of(row) for row in rest if not row.attribute("resolved")])

    def _here(self, row: Package) -> bool:
        """Returns whether an earlier run has brought the file that was planned with."""
        spec = spec_of(row)
        source = self._planned.get(spec)
        path = self._path(spec)
        if source is None or not source.digest or not os.path.lexists(path) or digest(path) != source.digest:
            return False
        self.brought[spec] = Tarball(path, read(path), source)
        return True

    def _from_cache(self, row: Package) -> bool:
        spec = spec_of(row)
        if self._npm is None or row.attribute("resolved"):
            return False
        registries, me = self._configured(spec), self._room.machine.user()
        # Another user's word for what is in it is worth nothing, nor is it read. Who has a link on the way there
        # chooses what is read, so the way as it is configured counts too.
        if not registries.cache or not is_own(f"{registries.cache}/_cacache", me):
            return False
        found = NpmCache(registries.cache).find(registries.of(spec.name), *spec)
        if found is None or not is_own(found.path, me):
            return False
        return self._take(spec, Source(CACHE, found.path), found.path, found.integrity)

    def _from_shelf(self, row: Package) -> bool:
        return any(self._kept(spec_of(row), artifact) for artifact in self._room.shelf.find(NAME, row))

    def _kept(self, spec: Spec, artifact: Artifact) -> bool:
        path = f"{self._directory}/kept"
        _discard(path)
        try:
            self._room.shelf.copy(artifact, path)
        except CortexError as error:
            self._room.told(f"{artifact.file}: {error}")
            return False
        source = Source(ARTIFACT, artifact.file, origin=artifact.origin, environment=artifact.environment)
        return self._take(spec, source, path)

    def _from_registries(self, specs: list[Spec]) -> None:
        if not specs:
            return
        if self._npm is None:
            self.missing.update(
                dict.fromkeys(specs, "the tarball is not kept, and no working npm was found to download the tarball")
            )
            return
        registries = self._configured(*specs)
        for spec in specs:
            # Who could not be reached a moment ago is not waited for again.
            if reason := self._silent.get(registries.of(spec.name)):
                self.missing[spec] = reason
        specs = [spec for spec in specs if spec not in self.missing]
        offer = Offer(self._npm, self._room.machine, registries, self._directory)

        def received(spec: Spec, path: str) -> None:
            if not self._take(spec, Source(CONFIGURED, shown(registries.of(spec.name))), path):
                offer.missing[spec] = self._fault

        offer.take(specs, received)
        self._silent.update(offer.silent)
        self.missing.update(offer.missing)

    def _configured(self, *specs: Spec) -> Registries:
        scopes = {spec.name.partition("/")[0] for spec in specs if spec.name.startswith("@")}
        if self._registries is None or not scopes <= self._asked:
            assert self._npm is not None
            self._asked |= scopes
            names = [f"{scope}/any" for scope in self._asked]
            self._registries = configured(self._npm, self._room.machine, names, self._room.staging)
        return self._registries

    def _path(self, spec: Spec) -> str:
        return f"{self._directory}/{sha256(str(spec).encode()).hexdigest()}.tgz"

    def _take(self, spec: Spec, source: Source, path: str, integrity: str = "") -> bool:
        """Makes a private copy and looks into it; what is not this version of this package does not count."""
        own = self._path(spec)
        _discard(own)
        try:
            shutil.copyfile(path, own)
            found = digest(own)
            if integrity not in {"", found}:
                raise CorruptError(f"{source.name} is damaged: the checksum does not match")
            contents = read_as(own, spec)
            if is_other(self._rows[spec], contents.packages[""].content):
                raise CorruptError(f"{source.name} has another {spec} than the one that was installed")
        except CortexError as error:
            self._fault = str(error).replace(own, source.name)
            _discard(own)
            return False
        self.brought[spec] = Tarball(own, contents, source._replace(size=os.stat(own).st_size, digest=found))
        return True


def spec_of(package: Package) -> Spec:
    """Returns what a registry would be asked for."""
    return Spec(own_name(package), package.version)


def read_as(path: str, spec: Spec) -> Contents:
    """Reads a tarball as `npm_tarball.read` does; CorruptError too where it is not this version of this package."""
    contents = read(path)
    described = contents.packages[""]
    if (described.name or spec.name, described.version) != spec:
        raise CorruptError(f"{path} contains {described.name}@{described.version}, another package")
    return contents


def _discard(path: str) -> None:
    if os.path.lexists(path):
        os.unlink(path)
