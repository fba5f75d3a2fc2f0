"""Faults that are planted in a command on purpose, each of which the sweep of drawn machines must find."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cortexrepo.model.installed import Inspected
    from cortexrepo.recording.inspecting import Function, Question


def no_look_at_files() -> None:
    """Has a restore look at no file, neither before nor after."""
    from cortexrepo.restore.run import here

    def blind(_questions: Sequence[Question], _function: Function) -> list[Inspected]:
        return []

    vars(here)["inspect"] = blind


def unseen_is_empty() -> None:
    """Takes every environment that the snapshot does not have for one that did not exist then."""
    from cortexrepo.restore.plan import selection

    vars(selection)["_reason_without_target"] = lambda _now, _target: ""


def namesakes_are_equal() -> None:
    """Takes packages of one name and version for the same, whatever is in them: no row has a digest."""
    from cortexrepo.ecosystems.apt import read
    from cortexrepo.ecosystems.npm import nodemodules
    from cortexrepo.ecosystems.pip.content import Records

    vars(read)["with_digests"] = lambda _system, rows: list(rows)
    vars(nodemodules)["digest_of_installed"] = lambda *_: ""
    Records.digest = lambda _self, _info: ""  # type: ignore[method-assign, assignment]


def marks_are_forgotten() -> None:
    """Sets no mark, and says that none differs."""
    from cortexrepo.ecosystems.apt.restore import marks, transaction
    from cortexrepo.restore.plan import comparison

    vars(transaction)["set_marks"] = lambda *_: None
    vars(marks)["set_marks"] = lambda *_: None
    vars(comparison)["_is_passing"] = lambda *_: True


def differences_are_hidden() -> None:
    """Says EXACT whatever differs."""
    from cortexrepo.restore.run import restoration

    vars(restoration)["differences"] = lambda *_: ((), ())


PLANTS: tuple[Callable[[], None], ...] = (
    no_look_at_files, unseen_is_empty, namesakes_are_equal, marks_are_forgotten, differences_are_hidden,
)  # fmt: skip
