"""The table of remedies that keep users' rights apart, and of clocks that are ahead: a bug is planted in each one.

A row says where the package has the remedy, what is planted there, and which test is to see that. Who renames a
function that has a row changes this file alone. `planting.py` runs the tests.
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo import library
from cortexrepo.cli.commands import restore
from cortexrepo.disk import straight
from cortexrepo.ecosystems.npm.tarballs import settings, supply
from cortexrepo.ecosystems.pip import metadata
from cortexrepo.ecosystems.pip.environments import interpreter
from cortexrepo.machine import budget, children, descriptors, guarded_files, realm_files, regular, walked_files
from cortexrepo.machine.descriptors import FILE
from cortexrepo.machine.whose import commands, domains
from cortexrepo.model import silence
from cortexrepo.model.artifact import ROOT
from cortexrepo.recording import merging
from cortexrepo.repository.upkeep import ages
from cortexrepo.restore.run import delegate, journal, trusted
from cortexrepo.rights import lending, person, sharing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cortexrepo.model.refname import RefName


class Patch(NamedTuple):
    """What is planted: in place of which attribute of which module or class."""

    owner: object
    name: str
    replacement: object


class Bug(NamedTuple):
    """A remedy that is taken away.

    Attributes:
        patches: What is planted.
        seen_by: The test that sees it: a file below `tests/` and a function.
        is_slow: Whether that takes long, since nothing ends the test then.
    """

    patches: tuple[Patch, ...]
    seen_by: str
    is_slow: bool = False


def _nothing(*_given: object) -> None:
    """Does nothing."""


def _yes(*_given: object) -> bool:
    return True


def _follows_links(self: straight.Straight, flags: int, _resolve: int = 0) -> None:
    _STRAIGHT(self, flags & ~os.O_NOFOLLOW, 0)


def _opens_anything(
    _self: regular.Regular, found: int, _again: Callable[[str, int], int], _path: str, _at: int = -1
) -> tuple[int, os.stat_result]:
    try:
        return os.open(f"/proc/self/fd/{found}", FILE), os.fstat(found)
    finally:
        os.close(found)


def _goes_on(child: children._Child, _reason: str) -> None:
    """Leaves a process that is over a limit alone."""


def _stated(_self: ages.Ages, mark: object) -> int:
    return int(mark.made_at)  # type: ignore[attr-defined]


def _gaps(names: Sequence[RefName]) -> int:
    """Returns the longest time between two snapshots that are there."""
    moments = sorted(name.created_at for name in names)
    return max((later - earlier for earlier, later in pairwise(moments)), default=0)


def _borne_out_by_collections(
    recorded: Iterable[int], collections: Sequence[int], usual: int, now: int, window: int
) -> bool:
    """Takes each collection for a record, one that did not believe its own clock among them."""
    return _BORNE_OUT((*recorded, *collections), (), usual, now, window)


_BORNE_OUT = silence.is_borne_out
_STRAIGHT = straight.Straight.__init__
_BUDGETS, _REALMS, _WHOSE = "attacks/test_realm_budgets.py", "attacks/test_realms.py", "attacks/test_whose.py"
_THE_USER = f"{_BUDGETS}::test_a_process_is_the_user_for_good_and_has_nothing_of_root"
_DOMAINS, _AGES = "attacks/test_artifact_domains.py", "unit/repository/upkeep/test_ages.py"

BUGS: dict[str, Bug] = {
    "the user's id is not taken": Bug(
        (Patch(os, "setresuid", _nothing), Patch(person, "_require", _nothing)), _THE_USER
    ),
    "the group is not taken": Bug((Patch(os, "setresgid", _nothing), Patch(person, "_require", _nothing)), _THE_USER),
    "root's other groups are kept": Bug((Patch(person, "_groups", lambda _: (0,)),), _THE_USER),
    "root's descriptors are kept": Bug((Patch(person, "_close_others", _nothing),), _THE_USER),
    "rights can be gained, and the process be looked into": Bug((Patch(library, "renounce", _nothing),), _THE_USER),
    "there is no limit of memory": Bug(
        (Patch(person, "_limit", _nothing),), f"{_BUDGETS}::test_a_process_that_wants_too_much_memory_ends"
    ),
    "who is late is not killed": Bug(
        (Patch(children._Child, "kill", _goes_on),), f"{_BUDGETS}::test_a_process_that_is_stopped_or_sleeps_is_killed"
    ),
    "the processor time is not counted": Bug(
        (Patch(budget.Budget, "begin", _nothing),),
        f"{_BUDGETS}::test_a_user_whose_files_take_too_long_is_cut_short_with_what_was_read",
        is_slow=True,
    ),
    "the bytes that are read are not counted": Bug(
        (Patch(budget.Budget, "take", _nothing),),
        f"{_BUDGETS}::test_a_user_whose_files_are_too_large_together_is_cut_short",
    ),
    "a directory has any number of names": Bug(
        (Patch(walked_files, "entries", lambda directory, _: descriptors.entries(directory)),),
        f"{_BUDGETS}::test_a_home_with_more_names_than_are_listed_is_cut_short",
    ),
    "METADATA is read to its end": Bug(
        (Patch(metadata, "MOST", 1 << 20),),
        "attacks/test_limits_of_readers.py::test_a_huge_metadata_costs_no_memory_and_its_row_is_broken_with_the_reason",
    ),
    "names and versions have any length": Bug(
        (Patch(metadata, "LONGEST", 1 << 40),),
        "attacks/test_limits_of_readers.py::test_a_name_and_a_version_are_bounded_before_they_are_used",
    ),
    "links of the kernel are followed": Bug(
        (Patch(straight.Straight, "__init__", _follows_links),), f"{_REALMS}::test_no_file_of_the_kernel_is_read"
    ),
    "a FIFO or device is opened": Bug(
        (Patch(regular.Regular, "opened", _opens_anything),),
        "attacks/test_openings.py::test_who_waits_for_a_reader_of_a_fifo_in_a_home_goes_on_waiting",
    ),
    "a third user's link is followed": Bug(
        (Patch(realm_files.RealmSystem, "check", _nothing),),
        "attacks/test_realm_links.py::test_a_third_users_link_does_not_decide_what_is_found",
    ),
    "root's own process opens what is a user's": Bug(
        (Patch(guarded_files.GuardedSystem, "check", _nothing), Patch(guarded_files.GuardedSystem, "is_free", _yes)),
        f"{_REALMS}::test_a_file_of_a_user_in_a_directory_of_roots_is_not_opened",
    ),
    "a user's process speaks for others": Bug(
        (Patch(merging._Claims, "holds", _yes),),
        "attacks/test_lying_users.py::test_a_process_that_speaks_of_anothers_place_is_not_believed",
    ),
    "what a group may write to is trusted": Bug(
        (Patch(sharing.Sharing, "_by_group", _nothing),),
        f"{_WHOSE}::test_what_several_people_could_change_is_refused",
    ),
    "access lists are not looked at": Bug(
        (Patch(sharing, "access_list", lambda *_, **__: None),),
        "attacks/test_owners.py::test_an_access_list_on_the_way_counts_also_in_a_directory_of_roots_own_group",
    ),
    "a program that others could change is run": Bug(
        (Patch(commands.Commands, "_why_not", _nothing),),
        "attacks/test_commands.py::test_what_others_could_change_is_passed_over_and_is_not_on_the_path",
    ),
    "a file made of a user's serves root": Bug(
        (Patch(trusted, "serves", _yes),),
        f"{_DOMAINS}::test_a_file_of_adas_is_not_present_for_root_and_bob_who_get_their_own_beside_it",
    ),
    "a user's cache is a source of root's": Bug(
        (Patch(settings, "_owner", lambda *_: 0), Patch(domains.Domains, "paths", lambda *_: ROOT)),
        f"{_DOMAINS}::test_a_cache_that_others_can_change_is_no_source_for_root",
    ),
    "a tarball of a user's cache is put into root's prefix": Bug(
        (Patch(supply, "is_own", _yes),),
        f"{_DOMAINS}::test_a_restore_of_root_takes_no_tarball_of_a_cache_that_others_can_change",
    ),
    "an interpreter runs what is in its environment": Bug(
        (Patch(interpreter, "ALONE", ("-B",)),),
        "attacks/test_questions.py::test_a_question_runs_nothing_of_the_site_directory",
    ),
    "a user's program gets root's passwords": Bug(
        (Patch(delegate, "without_passwords", dict),),
        "attacks/test_handed_on.py::test_a_program_of_another_user_gets_no_password_of_roots",
    ),
    "a plan that others could change is carried out": Bug(
        (Patch(restore, "_who_could_change", lambda _: ""),),
        "attacks/test_plans.py::test_a_plan_of_a_users_or_in_a_users_directory_is_not_carried_out_by_root",
    ),
    "root's journal is where a user could replace it": Bug(
        (Patch(journal, "others", lambda _: {}),),
        "attacks/test_tampering.py::test_roots_journal_is_in_no_place_that_a_user_could_replace",
    ),
    "a file that is lent is readable": Bug(
        (Patch(lending, "lend_file", lambda path, _: os.chmod(path, 0o644)),),
        "attacks/test_lent_files.py::test_nobody_but_the_user_reads_a_file_that_is_lent",
    ),
    "a collector believes a clock that has jumped ahead": Bug(
        (Patch(ages, "SILENCE_MS", 1 << 60),),
        f"{_AGES}::test_a_snapshot_that_the_wrong_clock_made_first_does_not_make_the_clock_right",
    ),
    "a collector believes a clock that is ahead of all that is recorded": Bug(
        (Patch(silence, "is_borne_out", lambda *_: True),),
        f"{_AGES}::test_a_clock_that_jumps_by_any_time_takes_nothing_early_where_collections_alone_run",
    ),
    "a collection that did not believe its clock bears the next one out": Bug(
        (Patch(silence, "is_borne_out", _borne_out_by_collections),),
        f"{_AGES}::test_a_clock_that_jumps_by_any_time_takes_nothing_early_where_collections_alone_run",
    ),
    "the time between two snapshots that others were removed from is a rhythm": Bug(
        (Patch(silence, "rhythm", _gaps),),
        f"{_AGES}::test_what_prune_has_left_is_no_rhythm",
    ),
    "a mark of the future counts from then": Bug(
        (Patch(ages.Ages, "_since", _stated),),
        f"{_AGES}::test_a_mark_of_the_future_counts_from_when_a_collection_saw_it",
    ),
    "a mark by a clock that is behind is old at once": Bug(
        (Patch(ages.Ages, "_since", _stated),),
        f"{_AGES}::test_a_mark_that_appears_after_a_collection_and_states_a_time_before_it_is_new",
    ),
}
