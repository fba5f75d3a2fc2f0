"""The bodies of records: each that makes no sense is refused with a reason; a newer version's is called newer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgpack
import pytest
from support.repositories import golden
from support.repositories.bodies import SLOT, ref

from cortexrepo.codec import records, refs
from cortexrepo.codec.hashing import DIGEST, checksum
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.ids import ObjectId, SnapshotId
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, Cause, Later, Slot

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.model.snapshot import Snapshot

NEWER = "use the version of cortex that wrote the file, or a newer one"
ONE = "01" * 16


def config(**changes: object) -> bytes:
    fields = {"own": bytes(16), "publish": "link", "to_read": (), "to_write": (), "to_collect": (), "optional": ()}
    assert changes.keys() <= fields.keys()
    return records.seal(records.CONFIG, tuple((fields | changes).values()))


def slot(index: int, value: object) -> bytes:
    return ref(slots=((*SLOT[:index], value, *SLOT[index + 1 :]),))


def _ref_of(size: int) -> Snapshot:
    """Returns a snapshot whose ref file has so many bytes."""
    slots = [Slot("pip", f"/{number:05}", FAILED, None, 0, "x" * 1000) for number in range(size // 1030)]
    spare = size - len(refs.encode(golden.FIRST._replace(slots=tuple(slots))))
    slots[-1] = slots[-1]._replace(error="x" * (1000 + spare))
    return golden.FIRST._replace(slots=tuple(slots))


def test_a_ref_may_be_as_long_as_its_limit_and_no_longer() -> None:
    whole = refs.encode(_ref_of(refs.LIMIT))
    assert len(whole) == refs.LIMIT == 1 << 22
    assert refs.decode(whole) == _ref_of(refs.LIMIT)
    with pytest.raises(ValueError, match=f"^its file has {refs.LIMIT + 1} bytes, and {refs.LIMIT} are allowed$"):
        refs.encode(_ref_of(refs.LIMIT + 1))


def test_a_ref_with_everything_at_its_least_is_read() -> None:
    found = refs.decode(ref())
    assert (found.created_at, found.sequence, found.previous) == (0, 0, None)
    assert found.slots == (Slot("apt", "", OK, ObjectId("00" * 32), 1),)
    assert found.extensions == (("a", b"1"), ("b", b"2"))
    assert refs.decode(slot(4, 0)).slots[0].packages == 0


REFS: dict[str, tuple[Callable[[], bytes], str]] = {
    "no ref": (lambda: records.seal(records.REF, None), "^the file is damaged: it is not the ref of a snapshot$"),
    "made before time began": (lambda: ref(created=-1), "^the file is damaged: it is not the ref of a snapshot$"),
    "made at no time": (lambda: ref(created=True), "^the file is damaged: it is not the ref of a snapshot$"),
    "a negative sequence": (lambda: ref(sequence=-1), "^the file is damaged: it is not the ref of a snapshot$"),
    "a sequence that is no number": (
        lambda: ref(sequence=False),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "facts out of order": (
        lambda: ref(facts=(("b", ""), ("a", ""))),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "a fact twice": (
        lambda: ref(facts=(("a", "1"), ("a", "2"))),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "extensions out of order": (
        lambda: ref(optional=(("b", b""), ("a", b""))),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "an extension twice": (
        lambda: ref(optional=(("a", b""), ("a", b""))),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "an extension that is text": (
        lambda: ref(optional=(("a", ""),)),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "an extension without a name": (
        lambda: ref(optional=((1, b""),)),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "an extension of three": (
        lambda: ref(optional=(("a", b"", b""),)),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "an extension that is no pair": (
        lambda: ref(optional=("ab",)),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "an origin too short": (lambda: ref(origin=bytes(15)), "^the file is damaged: an id has 15 bytes instead of 16$"),
    "an origin too long": (
        lambda: ref(origin=bytes(17)),
        "^the file is damaged: an id has 17 bytes instead of 16$",
    ),
    "a machine too short": (lambda: ref(machine=b""), "^the file is damaged: an id has 0 bytes instead of 16$"),
    "a link that is none": (
        lambda: ref(previous=()),
        "^the file is damaged: its link to the snapshot before cannot be read$",
    ),
    "a link with half a checksum": (
        lambda: ref(previous=(bytes(16), bytes(31))),
        "^the file is damaged: its link to the snapshot before cannot be read$",
    ),
    "a link to half an id": (
        lambda: ref(previous=(bytes(8), bytes(32))),
        "^the file is damaged: an id has 8 bytes instead of 16$",
    ),
    "a cause of two": (
        lambda: ref(cause=("", "")),
        "^the file is damaged: its field 'cause' \\(command, user, reason\\) cannot be read$",
    ),
    "a slot that is none": (lambda: ref(slots=(None,)), "^the file is damaged: a slot cannot be read$"),
    "a slot without a status": (lambda: slot(2, ""), "^the file is damaged: a slot cannot be read$"),
    "a slot of an unknown status with half an id": (
        lambda: ref(slots=(("apt", "", "asleep", bytes(16), *SLOT[4:]),)),
        "^the file is damaged: an id has 16 bytes instead of 32$",
    ),
    "a slot of seven": (lambda: ref(slots=(SLOT[:7],)), "^the file is damaged: a slot cannot be read$"),
    "a slot with extensions out of order": (
        lambda: slot(7, (("b", b""), ("a", b""))),
        "^the file is damaged: a slot cannot be read$",
    ),
    "a slot with an extension that is text": (
        lambda: slot(7, (("a", ""),)),
        "^the file is damaged: a slot cannot be read$",
    ),
    "roots out of order": (
        lambda: ref(roots=(("b", bytes(32)), ("a", bytes(32)))),
        "^the file is damaged: its further objects cannot be read$",
    ),
    "a root twice": (
        lambda: ref(roots=(("a", bytes(32)), ("a", bytes(32)))),
        "^the file is damaged: its further objects cannot be read$",
    ),
    "a root that is none": (
        lambda: ref(roots=(("a", None),)),
        "^the file is damaged: its further objects cannot be read$",
    ),
    "a root with half an id": (
        lambda: ref(roots=(("a", bytes(16)),)),
        "^the file is damaged: an id has 16 bytes instead of 32$",
    ),
    "a slot that was read without its object": (lambda: slot(3, None), "^the file is damaged: a slot cannot be read$"),
    "a slot that is absent with an object": (lambda: slot(2, ABSENT), "^the file is damaged: a slot cannot be read$"),
    "a slot with half an id": (lambda: slot(3, bytes(16)), "^the file is damaged: an id has 16 bytes instead of 32$"),
    "a slot with less than no packages": (lambda: slot(4, -1), "^the file is damaged: a slot cannot be read$"),
    "a slot with no number of packages": (lambda: slot(4, True), "^the file is damaged: a slot cannot be read$"),
    "a slot with facts out of order": (
        lambda: slot(6, (("b", ""), ("a", ""))),
        "^the file is damaged: a slot cannot be read$",
    ),
    "a slot twice": (lambda: ref(slots=(SLOT, SLOT)), "^the file is damaged: its entries are not sorted$"),
    "environments out of order": (
        lambda: ref(slots=(("pip", "/b", *SLOT[2:]), ("pip", "/a", *SLOT[2:]))),
        "^the file is damaged: its entries are not sorted$",
    ),
}


@pytest.mark.parametrize("name", REFS)
def test_a_ref_that_makes_no_sense_is_refused_with_the_reason(name: str) -> None:
    made, reason = REFS[name]
    with pytest.raises(CorruptError, match=reason):
        refs.decode(made())


def test_a_ref_that_needs_a_feature_of_a_newer_version_names_it() -> None:
    with pytest.raises(
        FormatVersionError, match=r"^the snapshot needs features that this version does not know: 'signature'$"
    ) as caught:
        refs.decode(ref(required=("signature",)))
    assert caught.value.hint == NEWER


def test_a_ref_that_needs_a_feature_may_have_anything_in_the_other_fields() -> None:
    with pytest.raises(FormatVersionError, match=r"'signature'$"):
        refs.decode(ref(required=("signature",), slots=(("something", "new"),), roots=(1,), facts=(2,)))


def test_what_a_ref_needs_is_named_in_40_characters_each_and_five_names_at_most() -> None:
    with pytest.raises(FormatVersionError, match=r"^the snapshot needs ") as caught:
        refs.decode(ref(required=tuple("x" * 1000 + str(number) for number in range(9))))
    assert str(caught.value).rpartition(": ")[2].count("x") == 5 * 39


def test_a_slot_whose_status_a_later_version_wrote_is_kept_as_it_is_and_counts_as_failed() -> None:
    row = ("apt", "", "asleep", bytes(32), 7, "wakes at night", (("a", "1"),), (("b", b"2"),))
    data = ref(slots=(row,))
    (found,) = refs.decode(data).slots
    held = ObjectId("00" * 32)
    assert found == Slot(
        "apt",
        "",
        FAILED,
        None,
        0,
        "a newer version of cortex recorded it with the status 'asleep': wakes at night",
        (("a", "1"),),
        (("b", b"2"),),
        Later("asleep", held, 7, "wakes at night"),
    )
    assert refs.decode(data).objects() == {held}
    assert refs.encode(refs.decode(data)) == data


def test_the_further_objects_of_a_ref_are_needed_as_those_of_its_slots_are() -> None:
    found = refs.decode(ref(slots=(), roots=(("a", bytes(31) + b"a"), ("b", bytes(31) + b"b"))))
    assert found.objects() == {"00" * 31 + "61", "00" * 31 + "62"}


def test_a_configuration_that_needs_a_feature_of_a_newer_version_names_it() -> None:
    data = config(to_read=("signature", "tree"))
    reason = r"^the repository needs features that this version does not know: 'signature', 'tree'$"
    with pytest.raises(FormatVersionError, match=reason) as caught:
        records.decode_config(data)
    assert caught.value.hint == NEWER


def test_a_configuration_that_needs_features_to_write_or_collect_can_be_read() -> None:
    found = records.decode_config(config(to_write=("a", "b"), to_collect=("c",), optional=(("d", b"1"),)))
    assert found == records.Config("00" * 16, "link", (), ("a", "b"), ("c",), (("d", b"1"),))


def test_a_configuration_that_publishes_in_another_way_is_a_newer_one() -> None:
    reason = r"^the repository publishes by 'copy', which this version does not know$"
    with pytest.raises(FormatVersionError, match=reason) as caught:
        records.decode_config(config(publish="copy"))
    assert caught.value.hint == NEWER


def test_a_repository_from_before_the_first_release_is_refused_with_one_line() -> None:
    data = records.seal(records.CONFIG, (bytes(16), "link", ()))
    reason = r"^a version of cortex before its first release made the repository, and no release reads its format$"
    with pytest.raises(FormatVersionError, match=reason) as caught:
        records.decode_config(data)
    assert caught.value.hint == "make a new repository in another directory: `cortex snapshot create --repo DIR`"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"own": None}, "^the file is damaged: it is not the configuration of a repository$"),
        ({"own": bytes(15)}, "^the file is damaged: an id has 15 bytes instead of 16$"),
        ({"to_read": ("b", "a")}, "^the file is damaged: it is not the configuration of a repository$"),
        ({"to_write": ("a", "a")}, "^the file is damaged: it is not the configuration of a repository$"),
        ({"to_collect": (1,)}, "^the file is damaged: it is not the configuration of a repository$"),
        ({"optional": (("a", ""),)}, "^the file is damaged: it is not the configuration of a repository$"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(value: dict[str, object], reason: str) -> None:
    with pytest.raises(CorruptError, match=reason):
        records.decode_config(config(**value))
    with pytest.raises(CorruptError, match=r"^the file is damaged: it is not the configuration of a repository$"):
        records.decode_config(records.seal(records.CONFIG, (bytes(16), "link")))


@pytest.mark.parametrize("kind", [records.TAG, records.MARK])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (("a", bytes(16), -1, (), ()), "^the file is damaged: it is not a tag or a deletion mark$"),
        (("a", bytes(16), False, (), ()), "^the file is damaged: it is not a tag or a deletion mark$"),
        (("a", bytes(16), True, (), ()), "^the file is damaged: it is not a tag or a deletion mark$"),
        (("a", bytes(16), 0), "^the file is damaged: it is not a tag or a deletion mark$"),
        (("a", bytes(16), 0, (1,), ()), "^the file is damaged: it is not a tag or a deletion mark$"),
        (("a", bytes(16), 0, (), (("b", ""),)), "^the file is damaged: it is not a tag or a deletion mark$"),
        (("a", bytes(8), 0, (), ()), "^the file is damaged: an id has 8 bytes instead of 16$"),
    ],
)
def test_a_mark_that_makes_no_sense_is_refused(kind: int, value: object, reason: str) -> None:
    with pytest.raises(CorruptError, match=reason):
        records.decode_mark(kind, records.seal(kind, value))


@pytest.mark.parametrize("kind", [records.TAG, records.MARK])
def test_a_mark_that_needs_a_feature_of_a_newer_version_names_it(kind: int) -> None:
    reason = r"^the mark needs features that this version does not know: 'signature'$"
    with pytest.raises(FormatVersionError, match=reason) as caught:
        records.decode_mark(kind, records.seal(kind, ("a", bytes(16), 0, ("signature",), ())))
    assert caught.value.hint == NEWER


def test_a_mark_may_be_made_when_time_began_and_keeps_optional_fields() -> None:
    mark = records.Mark("a", SnapshotId(ONE), 0, (("b", b"1"),))
    assert records.decode_mark(records.TAG, records.encode_mark(records.TAG, mark)) == mark


def test_the_checksum_of_a_ref_is_its_last_32_bytes() -> None:
    data = refs.encode(golden.FIRST)
    assert refs.checksum_of(data) == checksum(data[:-32])
    assert len(refs.checksum_of(data)) == DIGEST


def test_the_cause_of_a_snapshot_is_read_back() -> None:
    cause = Cause("command", "user", "reason")
    assert refs.decode(refs.encode(golden.FIRST._replace(cause=cause))).cause == cause
    assert msgpack.unpackb(refs.encode(golden.FIRST)[records.HEADER : -DIGEST], use_list=False)[10] == ()
