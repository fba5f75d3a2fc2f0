"""Artifacts: files of packages in the repository, found by what they install and checked by what they hold.

A file's name is two digests, of what it installs and of its content. It is one file, put there at one instant and
never edited, so that there is no index that could be torn or that two writers could want to change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import artifacts as codec
from cortexrepo.ecosystems import registry
from cortexrepo.errors import CorruptError, FormatVersionError, RequestError
from cortexrepo.model.artifact import INSTALLED, ORIGINS, Artifact, file_is_safe, is_holder, own_name, serves
from cortexrepo.model.ids import is_hex
from cortexrepo.repository.refs.unread import damage
from cortexrepo.store.keys import PIECE, large_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cortexrepo.model.damage import Damage
    from cortexrepo.model.package import Package
    from cortexrepo.store.upkeep import Kept, Large

_LOOKS = 3


class Artifacts:
    """The artifacts of one repository: the `Shelf` of a restore, and how it is filled. Takes no lock."""

    def __init__(self, store: Kept, unread: dict[Damage, None] | None = None) -> None:
        """Takes the store, and where to note the artifacts that are passed over because they cannot be read."""
        self._large: Large = store.large()
        self._unread = {} if unread is None else unread

    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        """Returns every file that is kept for this name, architecture and version; the best guess first.

        What is damaged so that it does not say what it is, is left out and noted. Raises StoreError.
        """
        key = key_of(ecosystem, package)
        found: dict[str, Artifact] = {}
        for _ in range(_LOOKS):
            for names in (self._large.names(key[:2]), self._large.aside()):
                found |= self._readable(name for name in names if name not in found and name.startswith(key))
            if found:
                break
        rank = ORIGINS if registry.is_offered(ecosystem, package) else (INSTALLED, *ORIGINS)
        return tuple(sorted(found.values(), key=lambda one: (rank.index(one.origin), one.content)))

    def has(self, ecosystem: str, package: Package, holder: str = "") -> bool:
        """Returns whether a file is kept for this package, and makes sure that it stays so after a power cut.

        A file that may not be put into an environment of `holder` (see `serves`) does not count, unless it is all that
        can be made of such an environment.

        Only for who has published a snapshot with the package before: from then on no collector removes it. So this
        looks only where a collector has nothing set aside.
        """
        key = key_of(ecosystem, package)
        there = self._readable(name for name in self._large.names(key[:2]) if name.startswith(key))
        found = {name: one for name, one in there.items() if serves(one, holder) or one.holder == holder}
        self._large.confirm(found)
        return bool(found)

    def copy(self, artifact: Artifact, path: str) -> None:
        """Writes a kept file to a new file at `path` and checks every byte; nothing is left there if it is damaged.

        Raises:
            CorruptError: It is damaged, or was removed meanwhile.
            StoreError: It cannot be read or written.
        """
        self._large.export(checked(self._large, name_of(artifact), artifact), path)

    def check(self, artifact: Artifact) -> None:
        """Reads a kept file and checks every byte; raises as `copy` does."""
        for _ in checked(self._large, name_of(artifact), artifact):
            pass

    def keep(
        self,
        ecosystem: str,
        package: Package,
        file: str,
        pieces: Callable[[], Iterable[bytes]],
        origin: str,
        holder: str = "",
        environment: str = "",
    ) -> tuple[Artifact, bool]:
        """Keeps a file, and returns it and whether it was not there before. Durable when it returns.

        It stays as long as a snapshot that was published before this was called names the package.

        Args:
            ecosystem: The ecosystem's name.
            package: What the file installs; the caller has looked into it.
            file: Its own name, which an installer needs to see.
            pieces: Begins to read the content; may be called again. What it raises is raised.
            origin: One of `ORIGINS`.
            holder: Who could have changed what it was made of; see `Artifact`.
            environment: The environment that it was made from.

        Raises:
            RequestError: The file's name is not one that can be kept, or too much would have to be said of it.
            CorruptError: It is there already, damaged.
            StoreError: The disk is full, read-only or failing; nothing is left of it.
        """
        if not file_is_safe(file) or origin not in ORIGINS or not (is_holder(holder) or not holder):
            raise RequestError(
                f"the file {file!r:.80} cannot be kept: its name or its origin {origin!r:.20} is not allowed"
            )
        draft = Artifact(ecosystem, own_name(package), package.arch, package.version, file, "0" * 64, 0, origin)
        draft = draft._replace(holder=holder, environment=environment if holder else "")
        made: list[Artifact] = []
        is_new = self._large.put(lambda: sealed(pieces(), draft, made), lambda: name_of(made[-1]))
        if not is_new:
            # It is as good as the new one only if it says the same of itself.
            return read(self._large, name_of(made[-1])) or made[-1], False
        return made[-1], True

    @staticmethod
    def key_of_artifact(artifact: Artifact) -> str:
        """Returns what `key_of` returns for the package that an artifact installs."""
        return name_of(artifact)[: codec.KEY_DIGITS]

    def every(self) -> Iterator[Artifact]:
        """Yields all that can be read, in no order."""
        for fan in self._large.fans():
            yield from self._readable(name for name in sorted(self._large.names(fan)) if is_name(fan, name)).values()

    def _readable(self, names: Iterable[str]) -> dict[str, Artifact]:
        found = {}
        for name in names:
            try:
                artifact = read(self._large, name)
            except (CorruptError, FormatVersionError) as error:
                self._unread[damage(large_key(name), error)] = None
                continue
            if artifact is not None:
                found[name] = artifact
        return found


def key_of(ecosystem: str, package: Package) -> str:
    """Returns the first part of the names of the files that install a package."""
    return codec.key_of(ecosystem, own_name(package), package.arch, package.version)


def name_of(artifact: Artifact) -> str:
    """Returns the name of an artifact's file."""
    key = codec.key_of(artifact.ecosystem, artifact.name, artifact.arch, artifact.version)
    return f"{key}-{artifact.content}" + (f"-{artifact.holder}" if artifact.holder else "")


def is_name(fan: str, name: str) -> bool:
    """Returns whether an artifact can have this name in this directory."""
    key, _, rest = name.partition("-")
    content, dash, holder = rest.partition("-")
    digests = is_hex(key, codec.KEY_DIGITS) and is_hex(content, codec.CONTENT_DIGITS)
    return key[:2] == fan and digests and (is_holder(holder) if dash else True)


def read(large: Large, name: str) -> Artifact | None:
    """Returns what an artifact's file says of itself, without reading the content, or None when it is not there.

    Raises:
        CorruptError: It is torn, or another one under this name.
        FormatVersionError: A newer version wrote it.
        StoreError: It cannot be read.
    """
    size = large.size(name)
    end = None if size is None else large.part(name, max(size - codec.TRAILER_LIMIT, 0), codec.TRAILER_LIMIT)
    if size is None or end is None:
        return None
    key = large_key(name)
    try:
        artifact = codec.decode_trailer(end, size)
    except (CorruptError, FormatVersionError) as error:
        raise type(error)(f"{key}: {error}", hint=error.hint or _HINT) from error
    if name_of(artifact) != name:
        raise CorruptError(f"{key}: the file is damaged: it holds another artifact", hint=_HINT)
    return artifact


_HINT = "replace the file from a copy: `cortex snapshot verify --repair --from REPO`; without a copy, leave out --from"


def checked(large: Large, name: str, artifact: Artifact) -> Iterator[bytes]:
    """Yields the content of an artifact; raises CorruptError in the end if it is not what its name says."""
    hasher = codec.hasher()
    offset = 0
    while offset < artifact.size:
        piece = large.part(name, offset, min(PIECE, artifact.size - offset))
        if not piece:
            break
        hasher.update(piece)
        yield piece
        offset += len(piece)
    if offset < artifact.size or hasher.hexdigest() != artifact.content:
        raise CorruptError(
            f"{large_key(name)}: the file is damaged: its content does not match its name",
            hint=_HINT,
        )


def sealed(pieces: Iterable[bytes], draft: Artifact, made: list[Artifact] | None = None) -> Iterator[bytes]:
    """Yields the content and what stands behind it: as `draft`, with this content's digest. That is then in `made`."""
    hasher = codec.hasher()
    size = 0
    for piece in pieces:
        hasher.update(piece)
        size += len(piece)
        yield piece
    artifact = draft._replace(content=hasher.hexdigest(), size=size)
    try:
        trailer = codec.encode_trailer(artifact)
    except ValueError as error:
        raise RequestError(f"{draft.file} cannot be kept: {error}") from error
    if made is not None:
        made.append(artifact)
    yield trailer
