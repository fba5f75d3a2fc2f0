"""The registries that npm is configured with: what they offer is fetched by npm, with its credentials and proxies."""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.npm.program import Npm
    from cortexrepo.machine.programs import Finished, Machine

_BATCH = 50
"""So many packages are asked for at once; npm itself fetches them one after the other."""
_NOT_OFFERED = frozenset({"E404", "ETARGET", "ENOVERSIONS", "E403", "E401", "E410", "EINTEGRITY"})
"""What npm says of one package; anything else (no network, no certificate) holds for all of the same registry."""
_UNREACHED = frozenset(
    {
        "ECONNREFUSED",
        "ECONNRESET",
        "ENOTFOUND",
        "EAI_AGAIN",
        "ETIMEDOUT",
        "EHOSTUNREACH",
        "ENETUNREACH",
        "ERR_SOCKET_TIMEOUT",
    }
)
"""npm's codes for a registry that does not answer."""
_UNTRUSTED = re.compile(r"CERT|UNABLE_TO_(?:GET|VERIFY)")
"""In npm's codes for a certificate that is not trusted: they are OpenSSL's."""
_CODE = re.compile(r"npm (?:error|ERR!) code (\S+)")


class Spec(NamedTuple):
    """One version of one package; both have been checked (`model.naming`)."""

    name: str
    version: str

    @property
    def file(self) -> str:
        """What npm calls the tarball, if the registry has the version as it is written."""
        return f"{self.name.lstrip('@').replace('/', '-')}-{self.version}.tgz"

    def __str__(self) -> str:
        """Returns it as npm is asked for it."""
        return f"{self.name}@{self.version}"


class Registries(NamedTuple):
    """What npm is configured with: the registry of every scope, that of all else under an empty one, and the cache."""

    by_scope: dict[str, str]
    cache: str

    def of(self, name: str) -> str:
        """Returns the address of the registry for a package, as npm has it: it may hold credentials."""
        scope = name.partition("/")[0] if name.startswith("@") else ""
        return self.by_scope.get(scope) or self.by_scope.get("", "")


def configured(npm: Npm, machine: Machine, names: Iterable[str], directory: str) -> Registries:
    """Asks npm for its registries, as far as these packages need them, and for its cache; empty if it does not say."""
    scopes = sorted({name.partition("/")[0] for name in names if name.startswith("@")})
    keys = ["registry", "cache", *(f"{scope}:registry" for scope in scopes)]
    said = npm.ask(machine, ["config", "get", *keys], directory)
    pairs = dict(line.split("=", 1) for line in said.output.splitlines() if "=" in line and not said.code)
    by_scope = {scope: pairs.get(f"{scope}:registry", "undefined") for scope in scopes}
    by_scope[""] = pairs.get("registry", "undefined")
    return Registries(
        {scope: value for scope, value in by_scope.items() if value != "undefined"}, pairs.get("cache", "")
    )


def shown(address: str) -> str:
    """Returns an address without credentials, or anything else behind `?`."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")


class Offer:
    """Fetches from the registries into one directory, as many as can be had."""

    def __init__(self, npm: Npm, machine: Machine, registries: Registries, directory: str) -> None:
        """Takes what to fetch with, and an existing directory for what comes."""
        self._npm = npm
        self._machine = machine
        self._registries = registries
        self._directory = directory
        self.missing: dict[Spec, str] = {}
        """What is not available, and why."""
        self.silent: dict[str, str] = {}
        """Registries that could not be asked, and why."""

    def take(self, specs: Iterable[Spec], received: Callable[[Spec, str], None]) -> None:
        """Fetches every tarball that is available, and gives its path to `received`, which takes it away."""
        for batch in self._batches(specs):
            self._fetch(batch, received)

    def _batches(self, specs: Iterable[Spec]) -> Iterator[list[Spec]]:
        """Yields what can be asked for at once: from one registry, and no two that npm would write to one file."""
        batches: dict[tuple[str, int], dict[str, Spec]] = {}
        for spec in dict.fromkeys(specs):
            number = 0
            while len(batch := batches.setdefault((self._registries.of(spec.name), number), {})) >= _BATCH or (
                spec.file in batch
            ):
                number += 1
            batch[spec.file] = spec
        for batch in batches.values():
            yield list(batch.values())

    def _fetch(self, specs: Sequence[Spec], received: Callable[[Spec, str], None]) -> None:
        """Leaves out what npm names as missing, or halves what fails as a whole, until all that fail are found."""
        into = f"{self._directory}/fetched"
        shutil.rmtree(into, ignore_errors=True)
        os.mkdir(into)
        arguments = ["pack", "--json", "--ignore-scripts", "--pack-destination", into, "--", *map(str, specs)]
        finished = self._npm.run(self._machine, arguments, self._directory)
        if finished.code == 0:
            for spec in specs:
                self._receive(spec, into, received)
            return
        failure = _failure(finished)
        if failure.code not in _NOT_OFFERED:
            self.silent[self._registries.of(specs[0].name)] = failure.reason
        if len(specs) == 1 or failure.code not in _NOT_OFFERED:
            self.missing.update(dict.fromkeys(specs, failure.reason))
            return
        named = [spec for spec in specs if failure.names(spec)]
        middle = len(specs) // 2
        if len(named) == 1:
            self.missing[named[0]] = failure.reason
            self._fetch([spec for spec in specs if spec not in named], received)
        else:
            self._fetch(specs[:middle], received)
            self._fetch(specs[middle:], received)

    def _receive(self, spec: Spec, into: str, received: Callable[[Spec, str], None]) -> None:
        # A registry drops what is behind the plus, which is no part of the order of versions.
        for file in (spec.file, spec._replace(version=spec.version.partition("+")[0]).file):
            if os.path.isfile(f"{into}/{file}"):
                received(spec, f"{into}/{file}")
                return
        self.missing[spec] = "npm did not write the tarball"


class _Failure(NamedTuple):
    """npm's code for what went wrong, one line for people, and all that npm said."""

    code: str
    reason: str
    text: str

    def names(self, spec: Spec) -> bool:
        """Returns whether npm spoke of this version of this package."""
        return re.search(rf"(?<![\w@/.~-]){re.escape(str(spec))}(?![\w+-]|\.\w)", self.text) is not None


def _failure(finished: Finished) -> _Failure:
    try:
        error = json.loads(finished.output)["error"]
        code, summary, detail = str(error["code"]), str(error["summary"]), str(error.get("detail"))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        found = _CODE.search(finished.errors)
        code, summary, detail = (
            found[1] if found else "",
            next(iter(finished.errors.splitlines()), "npm failed, and gives no reason"),
            "",
        )
    said = " ".join(summary.split())[:300] or code
    return _Failure(code, f"{_cause(code)}{said}", f"{summary}\n{detail}")


def _cause(code: str) -> str:
    """Returns the cause that a code stands for, before npm's own words; empty where these say it."""
    if code in _UNREACHED:
        return "the registry cannot be reached; npm says: "
    if _UNTRUSTED.search(code):
        return (
            "the certificate of the registry is not trusted: name the certificate's authority in the variable "
            "NODE_EXTRA_CA_CERTS; npm says: "
        )
    return ""
