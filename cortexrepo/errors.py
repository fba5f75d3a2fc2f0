"""The error tree, sorted by what a caller does next.

Every error that this package raises on purpose is a `CortexError`. Its text is one line that names the thing that went
wrong; `hint`, where there is one, names the way out. `kind` is a stable code: it is part of the JSON output, and
codes are only ever added.

CortexError
 +-- RequestError           what was asked for cannot be done as asked: ask differently
 |    +-- RevisionError       a revision is malformed, unknown or ambiguous
 |    +-- TagError            a tag is malformed, taken or unknown
 |    +-- EcosystemError      an ecosystem is not known
 |    +-- EnvironmentPathError  a path named by the user holds no environment
 |    +-- AbsentError         it is in no snapshot, and everything was looked at
 |         +-- UnlookedError   it is in no snapshot, and not everything was looked at
 +-- RefusedError           it could be done, but was declined or is not safe
 +-- RepositoryError        the repository as a whole cannot be used: fix the place or its permissions
 |    +-- NoRepositoryError   there is none
 |    +-- ForeignRepositoryError  the directory is something else
 |    +-- FormatVersionError  a newer version wrote it
 |    +-- OwnerError          it belongs to another user
 |    +-- StoreError          reading or writing failed: full, read-only, not permitted, input/output error
 |    |    +-- DurabilityError  stored, but the disk did not confirm that it will survive a power cut
 |    +-- LockTimeoutError    somebody else holds the lock
 +-- CorruptError           one object or ref is damaged; the rest of the repository is still good
 |    +-- MissingObjectError  one object is gone
 +-- CollectError           a package manager's files cannot be read or make no sense
 +-- RestoreError           a restore could not do all it was to do
 |    +-- FetchError         files that it needs are not available; nothing was changed
 |    +-- StoppedError       a person has stopped a change in the middle
 +-- OutputError            the result could not be written; what the command has changed stays changed
"""

from __future__ import annotations


class CortexError(Exception):
    """The root of every error raised on purpose.

    Attributes:
        kind: A stable code for programs.
        hint: The way out, one sentence, or an empty string.
    """

    kind = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Stores the one-line message and the way out."""
        super().__init__(message)
        self.hint = hint


class RequestError(CortexError):
    """What was asked for cannot be done as asked."""

    kind = "request"


class RevisionError(RequestError):
    """A revision is malformed, unknown or ambiguous."""

    kind = "revision"


class TagError(RequestError):
    """A tag is malformed, taken or unknown."""

    kind = "tag"


class EcosystemError(RequestError):
    """An ecosystem is not known."""

    kind = "ecosystem"


class EnvironmentPathError(RequestError):
    """A path named by the user holds no environment."""

    kind = "environment"


class AbsentError(RequestError):
    """What was asked for is in no snapshot, and everything was looked at that could have it."""

    kind = "absent"


class UnlookedError(AbsentError):
    """What was asked for is in no snapshot, but not everything was looked at that could have it."""

    kind = "not-looked-at"


class RefusedError(CortexError):
    """The request was declined, or carrying it out would not be safe."""

    kind = "refused"


class RepositoryError(CortexError):
    """The repository as a whole cannot be used."""

    kind = "repository"


class NoRepositoryError(RepositoryError):
    """There is no repository at this place."""

    kind = "no-repository"


class ForeignRepositoryError(RepositoryError):
    """The place holds something that is not a repository of ours."""

    kind = "foreign-repository"


class FormatVersionError(RepositoryError):
    """The repository, or a file in it, was written in a format newer than this version knows."""

    kind = "format-version"


class OwnerError(RepositoryError):
    """The repository belongs to another user, whose files are not to be trusted.

    Attributes:
        user: The name of this user, where the same command could be run as this user.
    """

    kind = "owner"

    def __init__(self, message: str, *, hint: str = "", user: str = "") -> None:
        """Stores the message, the way out, and whose the repository is."""
        super().__init__(message, hint=hint)
        self.user = user


class StoreError(RepositoryError):
    """Reading from or writing to the place failed; nothing that was stored before is lost."""

    kind = "store"


class DurabilityError(StoreError):
    """The data is stored and visible, but the disk did not confirm that it would survive a power cut."""

    kind = "durability"


def in_part(error: StoreError, done: str) -> StoreError:
    """Returns the error that says which part was done before it, such as `2 of 5 snapshots were deleted`."""
    return type(error)(f"{error} (before this, {done})", hint=error.hint)


class LockTimeoutError(RepositoryError):
    """The lock was not obtained in time.

    Attributes:
        holder: Who has it, as the subject of a sentence: `process 1234`, or `another process` where that is not known.
    """

    kind = "lock-timeout"
    holder = "another process"


class CorruptError(CortexError):
    """One object or ref is damaged. The others can still be read."""

    kind = "corrupt"


class MissingObjectError(CorruptError):
    """A snapshot names an object that is not in the repository."""

    kind = "missing-object"


class CollectError(CortexError):
    """A package manager's files cannot be read, or say nothing that can be relied on."""

    kind = "collect"


class RestoreError(CortexError):
    """A restore could not do all that it was to do; the text and the journal say how far it came."""

    kind = "restore"


class FetchError(RestoreError):
    """Files that a restore needs are not available. Nothing was changed."""

    kind = "fetch"


class StoppedError(RestoreError):
    """A person has stopped a change in the middle, by a second Ctrl-C."""

    kind = "stopped"


class OutputError(CortexError):
    """The result could not be written: the disk under standard output is full, or the device is gone."""

    kind = "output"
