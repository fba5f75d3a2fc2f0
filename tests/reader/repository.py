"""A whole repository, as docs/format.md says that it is read."""

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from reader.artifacts import Artifact, artifact
from reader.files import File, files, role_of
from reader.objects import Manifest, manifest, raw_bytes
from reader.packs import pack
from reader.records import REF, Configuration, Removed, Tag, body, configuration, mark, removed, tag
from reader.refs import Ref, from_value, moment_and_sequence, ref
from reader.segments import segment
from reader.values import DamagedError, NewerError, need


class RefusedError(Exception):
    """The repository cannot be read; the text says why: `absent`, `newer` or `damaged`."""


class Snapshot(NamedTuple):
    ref: Ref
    file: bytes
    places: tuple[str, ...]

    @property
    def id(self) -> bytes:
        return self.ref.id


class Thing(NamedTuple):
    """An object."""

    raw: bytes
    manifest: Manifest
    places: tuple[str, ...]


class Repository(NamedTuple):
    config: Configuration
    snapshots: list[Snapshot]
    tags: dict[str, Tag]
    deleted: set[str]
    gone: set[str]
    removed: dict[str, Removed]
    objects: dict[bytes, Thing]
    artifacts: dict[str, tuple[Artifact, tuple[str, ...]]]
    wrong: dict[str, str]
    unknown: list[str]

    @property
    def listed(self) -> list[Snapshot]:
        """The snapshots that are neither deleted nor gone."""
        return [each for each in self.snapshots if each.id.hex() not in self.deleted | self.gone]

    @property
    def counting(self) -> dict[str, Tag]:
        """The tags that count: the snapshot is there, may be in a file that cannot be read, or may be lost."""
        return {
            name: each
            for name, each in self.tags.items()
            if each.snapshot.hex() not in self.gone
            and not (self.is_missing(each.snapshot) and self.was_removed(each.snapshot))
        }

    def is_missing(self, identity: bytes) -> bool:
        """Whether a snapshot is not there, nor can be in a file that cannot be read."""
        there = {each.id.hex() for each in self.snapshots} | self.unread
        uncertain = any(path.startswith("segments/") for path in (*self.unknown, *self.wrong))
        uncertain |= any(role_of(path)[0] == "stranger" for path in (*self.unknown, *self.wrong))
        return not uncertain and identity.hex() not in there

    def was_removed(self, identity: bytes) -> bool:
        """Whether a note says that a collector removed the snapshot."""
        for note in self.removed.values():
            when = moment_and_sequence(identity, note.origin, note.machine)
            if when is not None and any(low <= when[1] <= high for low, high in note.spans):
                return True
        return False

    @property
    def unread(self) -> set[str]:
        """The ids of snapshots whose refs are there and cannot be read."""
        return {path.rpartition("-")[2] for path in self.wrong if path.startswith("refs/")}


class Reading:
    """What has been read of a repository until now."""

    def __init__(self) -> None:
        self.snapshots: dict[str, Snapshot] = {}
        self.tags: dict[str, Tag] = {}
        self.deleted: set[str] = set()
        self.gone: set[str] = set()
        self.removed: dict[str, Removed] = {}
        self.objects: dict[bytes, Thing] = {}
        self.artifacts: dict[str, tuple[Artifact, tuple[str, ...]]] = {}
        self.wrong: dict[str, str] = {}
        self.unknown: list[str] = []

    def take(self, file: File) -> None:
        """Reads a file; one that is damaged or newer is named."""
        if file.role == "stranger" and file.data is None:
            self.unknown.append(file.path)
            return
        try:
            need(file.data is not None, "no regular file")
            getattr(self, f"take_{file.role}")(file, file.data)
        except NewerError:
            self.wrong[file.path] = "newer"
        except DamagedError:
            self.wrong[file.path] = "damaged"

    def take_ref(self, file: File, data: bytes) -> None:
        self.snapshot(ref(data, file.name), data, file.path)

    def take_stranger(self, file: File, data: bytes) -> None:
        """A later version may name refs otherwise; any other file is unknown."""
        try:
            from_value(body(data, REF))
        except DamagedError:
            pass
        self.unknown.append(file.path)

    def take_segment(self, file: File, data: bytes) -> None:
        for row in segment(data, file.name):
            self.snapshot(row.ref, row.file, file.path)

    def snapshot(self, found: Ref, data: bytes, path: str) -> None:
        before = self.snapshots.get(found.name)
        if before is None:
            self.snapshots[found.name] = Snapshot(found, data, (path,))
            return
        need(before.file == data, "another snapshot of that name")
        self.snapshots[found.name] = before._replace(places=(*before.places, path))

    def take_object(self, file: File, data: bytes) -> None:
        identity = bytes.fromhex(file.name.replace("/", ""))
        self.thing(identity, raw_bytes(data, identity), file.path)

    take_quarantine = take_object

    def take_pack(self, file: File, data: bytes) -> None:
        found = pack(data, file.name)
        if found.wrong is not None:
            self.wrong[file.path] = found.wrong
        for identity, raw in found.objects.items():
            try:
                self.thing(identity, raw, file.path)
            except DamagedError:
                self.wrong[file.path] = "damaged"

    def thing(self, identity: bytes, raw: bytes, path: str) -> None:
        places = self.objects[identity].places if identity in self.objects else ()
        self.objects[identity] = Thing(raw, manifest(raw), (*places, path))

    def take_tag(self, file: File, data: bytes) -> None:
        self.tags[file.name] = tag(data, file.name)

    def take_deleted(self, file: File, data: bytes) -> None:
        identity = file.name.removesuffix(".claimed")
        (self.deleted if identity == file.name else self.gone).add(identity)
        mark(data, file.name)

    def take_removed(self, file: File, data: bytes) -> None:
        self.removed[file.name] = removed(data, file.name)

    def take_artifact(self, file: File, data: bytes) -> None:
        found = artifact(data, file.name)
        places = self.artifacts[file.name][1] if file.name in self.artifacts else ()
        self.artifacts[file.name] = found, (*places, file.path)

    take_aside = take_artifact


def read(root: str) -> Repository:
    """The repository in a directory.

    Raises:
        RefusedError: It is none, or one that must not be read.
    """
    config = config_of(root)
    if not all(os.path.isdir(os.path.join(root, name)) for name in ("refs", "segments")):
        raise RefusedError("damaged")
    found, unknown = files(root)
    reading = Reading()
    # `aside` and `quarantine` are looked at second.
    for file in sorted(found, key=lambda each: each.role in ("aside", "quarantine")):
        if file.role != "config":
            reading.take(file)
    return Repository(
        config,
        ordered(reading.snapshots.values(), (file.name for file in found if file.role == "ref")),
        reading.tags,
        reading.deleted,
        reading.gone,
        reading.removed,
        reading.objects,
        reading.artifacts,
        reading.wrong,
        sorted(unknown + reading.unknown),
    )


def config_of(root: str) -> Configuration:
    try:
        with open(os.path.join(root, "config"), "rb") as file:
            return configuration(file.read())
    except FileNotFoundError as error:
        raise RefusedError("absent") from error
    except NewerError as error:
        raise RefusedError("newer") from error
    except DamagedError as error:
        raise RefusedError("damaged") from error


def ordered(snapshots: Iterable[Snapshot], loose: Iterable[str]) -> list[Snapshot]:
    """The order of part 2.2, for which the names of refs that cannot be read count too."""
    by_name = {each.ref.name: each for each in snapshots}
    return [by_name[name] for _, name in sorted(dated({*by_name, *loose})) if name in by_name]


def dated(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    latest: dict[str, int] = {}
    for name in sorted(names):
        machine, _, time, _ = name.split("-")
        latest[machine] = max(int(time, 16), latest.get(machine, 0))
        yield latest[machine], name
