"""The protocol and its broken variants, each searched completely: docs/model.md lists them with what came out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.processes import spin

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[2] / "docs" / "model.md"
SCOREBOARD = DOCUMENT.with_name("reliability.md")
SUBJECTS = {
    "the protocol": "protocol.pml",
    "packing": "packing.pml",
    "names": "naming.pml",
    "the renewal of `refs/`": "renewing.pml",
    "tables of slots": "tables.pml",
}
"""What the scoreboard calls each model."""
SAFE, NIGHTLY = "safe", "nightly"


class Variant(NamedTuple):
    """What differs from the defaults in switches.pml, and what must come out: `safe`, or the property that breaks."""

    name: str
    switches: str
    verdict: str = SAFE
    size: str = "small"  # "large": more than a million states; "nightly": minutes on a busy machine


ROT = "ROT=1 DELETES=0 UNDELETES=0"
ALONE = "WRITER=0"
LOOKING = "WRITER=0 UNDELETES=0"
UNLOCKED = "LOCK=0 GCS=2 KILLS=0 UNDELETES=0"
MARKS = "WRITERS=0 DELETES=3 UNDELETES=2"

VARIANTS = (
    # the protocol
    Variant("one writer", "WRITERS=1"),
    Variant("one writer, two gcs, two kills", "GCS=2 KILLS=2", size="large"),
    Variant("two writers", "WRITERS=2", size="large"),
    Variant("the snapshot in the making is deleted", "TARGET=0"),
    Variant("three deletes, two undeletes, two gcs, two kills", f"{MARKS} GCS=2 KILLS=2"),
    Variant("a damaged object", ROT),
    Variant("a damaged object, repaired", f"{ROT} REPAIR=1"),
    Variant("a reader", "READER=1 WRITERS=3"),
    Variant("two writers, two rounds", "WRITERS=2 ROUNDS=2", size=NIGHTLY),
    Variant("two writers, two deletes, two undeletes", "WRITERS=2 DELETES=2 UNDELETES=2", size=NIGHTLY),
    Variant("two writers, two gcs, two kills", "WRITERS=2 GCS=2 KILLS=2", size=NIGHTLY),
    Variant("two writers, two gcs, a damaged object", f"{ROT} WRITERS=2 GCS=2 ROUNDS=2 KILLS=2", size=NIGHTLY),
    Variant("a reader, two gcs, two kills", "READER=1 WRITERS=3 GCS=2 KILLS=2", size=NIGHTLY),
    # other forms of it
    Variant("renames for links", "MOVE_PIN=1 ASIDE=3 BACK=2"),
    Variant("renames for links, a damaged object", f"{ROT} MOVE_PIN=1 ASIDE=3 BACK=2"),
    Variant("set aside by rename, put back by link, a damaged object", f"{ROT} ASIDE=3"),
    Variant("renames for links, two gcs, two rounds", "MOVE_PIN=1 ASIDE=3 BACK=2 GCS=2 ROUNDS=2 KILLS=2", size=NIGHTLY),
    Variant("one object after the other", "BATCH=1"),
    Variant("the claim goes right after the ref", "FORGET=1 GCS=2 KILLS=2 WRITERS=0"),
    Variant("a reader with three looks", "READER=1 WRITERS=3 LOOKS=3"),
    Variant("a reader with three looks, two gcs", "READER=1 WRITERS=3 LOOKS=3 GCS=2 KILLS=2", size=NIGHTLY),
    # create
    Variant("pin after the objects", "PIN_FIRST=0", "P1"),
    Variant("publish not fenced", "FENCE=0", "P1"),
    # gc and objects
    Variant("refs listed before pins", "PINS_BEFORE_REFS=0", "P1"),
    Variant("pins listed before refs, but read after", "PINS_BEFORE_REFS=2", "P1"),
    Variant("deleted snapshots are no roots", "DELETED_ARE_ROOTS=0", "P1"),
    Variant("no quarantine", "ASIDE=0", "P1"),
    Variant("nothing listed again", "RELIST=0", "P1"),
    Variant("leftovers stay", "LEFTOVERS=0 GCS=2", "P3"),
    Variant("no lock, one quarantine", f"{UNLOCKED} RUNS=0", "P1"),
    Variant("no lock, one quarantine, leftovers stay", f"{UNLOCKED} RUNS=0 LEFTOVERS=0", "P1"),
    Variant("no lock, leftovers put back", UNLOCKED, "P1"),
    Variant("no lock, a claim forgotten by another", "LOCK=0 GCS=2 KILLS=0 WRITERS=0", "P6"),
    Variant("linked and unlinked unseen, a damaged object", f"{ROT} ASIDE=2", "P1"),
    Variant("put back over what is there, a damaged object", f"{ROT} ASIDE=3 BACK=3", "P1"),
    Variant("repair removes a damaged object", f"{ROT} REPAIR=2", "P1"),
    # delete and undelete
    Variant("the mark is not claimed", "WRITERS=0 CLAIM=0", "P5"),
    Variant("claimed by removing the mark", "WRITERS=0 CLAIM=2", "P6"),
    Variant("the claim goes before the ref", "WRITERS=0 FORGET=0", "P6"),
    Variant("the claimed mark is not read", f"{MARKS} READ_CLAIM=0", "P2"),
    Variant("the claimed mark of a dead gc is not read", f"{MARKS} READ_CLAIM=2", "P2"),
    Variant("undelete does not look", f"{MARKS} LOOK_AFTER=0", "P5"),
    Variant("undelete looks before its unlink", f"{MARKS} LOOK_AFTER=0 LOOK_BEFORE=1", "P5"),
    Variant("undelete looks for a claim, then for the ref", f"{MARKS} LOOK_AFTER=2", "P5"),
    Variant("undelete looks for the ref, then for a claim", f"{MARKS} LOOK_AFTER=3", "P5"),
    # reading
    Variant("the reader looks once", "READER=1 WRITERS=3 LOOKS=2", "P4"),
    Variant("the reader ignores the quarantine", "READER=1 WRITERS=3 QUARANTINE_READ=0", "P4"),
)  # fmt: skip

PACKING = (
    Variant("packing, a writer", "DELETES=0 UNDELETES=0"),
    Variant("packing, deleted and undeleted", ALONE),
    Variant("packing, a writer, deleted", "UNDELETES=0", size=NIGHTLY),
    Variant("packing, a writer, deleted and undeleted", "WRITER=1", size=NIGHTLY),
    Variant("packing, two deletes, two undeletes, two gcs, two kills",
            f"{ALONE} DELETES=2 UNDELETES=2 GCS=2 KILLS=2 SLOTS=4", size=NIGHTLY),
    Variant("packing, a reader of refs", f"{LOOKING} READER=1"),
    Variant("packing, a reader of objects", f"{LOOKING} READER=2"),
    Variant("packing, a writer and a reader of refs", "DELETES=0 UNDELETES=0 READER=1", size=NIGHTLY),
    Variant("packing, a writer and a reader of objects", "DELETES=0 UNDELETES=0 READER=2", size=NIGHTLY),
    Variant("what is pinned is packed too", "DELETES=0 UNDELETES=0 PINNED_COLD=1"),
    Variant("refs go before their segment", f"{ALONE} SEGMENT_FIRST=0", "P2"),
    Variant("an old segment goes before the new one", f"{ALONE} SEGMENT_FIRST=2", "P2"),
    Variant("objects go before their pack", f"{ALONE} PACK_FIRST=0", "P1"),
    Variant("an old pack goes before the new one", f"{ALONE} PACK_FIRST=2", "P1"),
    Variant("objects go before their snapshot is out of its segment", f"{ALONE} ROLL_FIRST=0", "P1"),
    Variant("the claim goes before the snapshot is out of its segment", f"{ALONE} FORGET=0", "P6"),
    Variant("a young claim counts if the ref is not loose", f"{ALONE} DELETES=2 BEGUN=0", "P2"),
    Variant("writers rely on packs", "UNDELETES=0 RELY=1", "P1"),
    Variant("readers look into segments first", f"{LOOKING} READER=1 LOOSE_FIRST=0", "P4"),
    Variant("readers look into packs first", f"{LOOKING} READER=2 LOOSE_FIRST=0", "P4"),
    Variant("readers pass over a segment that is gone", f"{LOOKING} READER=1 AGAIN=0", "P4"),
    Variant("readers pass over a pack that is gone", f"{LOOKING} READER=2 AGAIN=0", "P4"),
    Variant("readers list segments once", f"{LOOKING} READER=1 TWICE=0", "P4"),
    Variant("readers list packs once", f"{LOOKING} READER=2 TWICE=0", "P4"),
)  # fmt: skip

NAMING = (
    Variant("names, two writers, two gcs", "GCS=2", size="large"),
    Variant("names, two writers, three gcs", "GCS=3 KILLS=0", size="large"),
    Variant("names, three writers", "WRITERS=3 GCS=1", size=NIGHTLY),
    Variant("names, claims are not looked at", "LOOK_CLAIM=0 GCS=1"),
    Variant("noted before the claim goes", "NOTE=3", size="large"),
    Variant("noted before the claim goes, claims are not looked at", "NOTE=3 LOOK_CLAIM=0", "P7"),
    Variant("no name is taken", "RESERVE=0", "P7"),
    Variant("the name is taken after the look", "RESERVE=2", "P7"),
    Variant("nobody looks whether the name was used", "LOOK=0", "P7"),
    Variant("the look goes against the way of a collector", "LOOK=2", "P7"),
    Variant("nobody looks into segments", "LOOK_SEGMENTS=0", "P7"),
    Variant("nobody looks at the note", "LOOK_NOTE=0", "P7"),
    Variant("nothing is noted", "NOTE=0", "P7"),
    Variant("noted once the claim is forgotten", "NOTE=2", "P7"),
    Variant("the name of a living writer is dropped", "JUDGE=0", "P7"),
)


RENEWING = (
    Variant("renewing, two gcs", "GCS=2"),
    Variant("renewing, power cuts", "CUTS=1"),
    Variant("renewing, a ref is removed, power cuts", "EXPIRE=1 CUTS=1"),
    Variant("renewing, three gcs, power cuts", "GCS=3 CUTS=1"),
    Variant("renewing, a reader", "READER=1 GCS=1"),
    Variant("renewing, two writers", "WRITERS=2 GCS=1", size="large"),
    Variant("renewing, two writers, power cuts", "WRITERS=2 GCS=1 CUTS=1", size=NIGHTLY),
    Variant("renewing, a reader, two gcs", "READER=1 GCS=2", size=NIGHTLY),
    Variant("a writer does not look for refs.new/", "LOOK=0", "P2"),
    Variant("a writer looks for refs.new/ before its name is in refs/", "LOOK=2", "P2"),
    Variant("the name comes into refs/ alone", "BOTH=0", "P2"),
    Variant("the name does not come into refs/ again", "BOTH=2", "P2"),
    Variant("refs.new/ is synced once", "CUTS=1 SYNCS=0", "P2"),
    Variant("neither directory is synced before the exchange", "CUTS=1 COPY_SYNC=0", "P2"),
    Variant("the old directory is not synced before the exchange", "CUTS=1 COPY_SYNC=2", "P2"),
    Variant("names go before the exchange is durable", "CUTS=1 SWAP_SYNC=0", "P2"),
    Variant("what is in refs.new/ alone just goes", "BACK=0", "P3"),
    Variant("a ref is removed before refs.new/ is emptied", "EXPIRE=1 FIRST=0", "P3"),
    Variant("a ref is removed before it is durable that refs.new/ is gone", "EXPIRE=1 CUTS=1 GONE_SYNC=0", "P3"),
    Variant("a reader does not look whether refs/ is another one", "READER=1 GCS=1 AGAIN=0", "P4"),
    Variant("the snapshot before is not made durable in both", "WRITERS=2 GCS=1 CUTS=1 CONFIRM=0", "P3", size="large"),
)  # fmt: skip

TABLES = (
    Variant("tables, a gc", "GCS=1"),
    Variant("tables, two gcs, two kills", "GCS=2 KILLS=2"),
    Variant("tables, three gcs, two kills", "GCS=3 KILLS=2", size=NIGHTLY),
    Variant("the table has no pin of its own", "TABLE_PIN=0", "P1"),
    Variant("the table is pinned once it is there", "TABLE_PIN=2", "P1"),
    Variant("nobody looks whether the pin of the table is still there", "LOOK_PIN=0", "P1"),
    Variant("the pin of the table goes before the snapshot has its own", "HOLD_PIN=0", "P1"),
    Variant("tables, publish not fenced", "FENCE=0", "P1"),
    Variant("tables, nothing listed again", "RELIST=0", "P1"),
    Variant("a pin goes while a collector lists", "REAP=2", "P1"),
)

MODELS = {
    "protocol.pml": VARIANTS,
    "packing.pml": PACKING,
    "naming.pml": NAMING,
    "renewing.pml": RENEWING,
    "tables.pml": TABLES,
}


def parameters() -> list[object]:
    return [
        pytest.param(
            model, one, id=one.name.replace(" ", "-"), marks=[pytest.mark.nightly] if one.size == NIGHTLY else []
        )
        for model, variants in MODELS.items()
        for one in variants
    ]


@pytest.mark.parametrize(("model", "variant"), parameters())
def test_the_checker_finds_what_is_expected(model: str, variant: Variant, tmp_path: Path) -> None:
    if reason := spin.missing():
        pytest.skip(reason)
    switches = variant.switches.split()
    if variant.verdict != SAFE:
        # Else it would stop at whichever property the search happens to reach first.
        switches.append(f"ONLY={variant.verdict.removeprefix('P')}")
    found = spin.check(HERE / model, switches, tmp_path, fast=variant.size != "small", thrifty=variant.size == NIGHTLY)
    assert found.result == variant.verdict, found.report


def test_the_document_lists_every_variant_with_its_verdict() -> None:
    rows = re.findall(r"^\| ([^|]+?) \| (safe|P\d) \| `?([^|`]*?)`? \|", DOCUMENT.read_text(), flags=re.MULTILINE)
    expected = [(one.name, one.verdict, one.switches) for variants in MODELS.values() for one in variants]
    assert rows == expected


def test_the_scoreboard_has_as_many_systems_as_the_models(tell_counts: Callable[[dict[str, int]], None]) -> None:
    rows = re.findall(
        r"^\| (.+?) in Promela[^|]*?: (\d+) safe systems(?: \((\d+) in CI, (\d+) at night\))?, (\d+) broken ones",
        SCOREBOARD.read_text(),
        flags=re.MULTILINE,
    )
    assert len(rows) == len(MODELS)
    broken = sum(one.verdict != SAFE for one in VARIANTS)
    assert f"The model has {broken} broken variants of its own." in SCOREBOARD.read_text()
    told = {SUBJECTS[subject]: tuple(map(int, filter(None, figures))) for subject, *figures in rows}
    for model, variants in MODELS.items():
        safe = [one for one in variants if one.verdict == SAFE]
        at_night = sum(one.size == NIGHTLY for one in safe)
        halves = (len(safe) - at_night, at_night) if model == "protocol.pml" else ()
        assert told[model] == (len(safe), *halves, len(variants) - len(safe)), model
        tell_counts({f"{model} safe": len(safe), f"{model} broken": len(variants) - len(safe)})
