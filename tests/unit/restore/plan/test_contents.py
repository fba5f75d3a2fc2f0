from __future__ import annotations

import pytest

from cortexrepo.ecosystems.contract.restoring import Work
from cortexrepo.model.content import with_digest
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.looked import Looked
from cortexrepo.model.package import BROKEN, EDITABLE, LINK, Manifest, Package
from cortexrepo.model.plan import INSTALL, LASTING, MARK, REINSTALL, REMOVE, UPGRADE, Selection, Step
from cortexrepo.model.snapshot import OK
from cortexrepo.restore.plan.contents import says_contents, unknown, unseen

PLAIN = Package("a", "", "1")
KNOWN = with_digest(PLAIN, "record:1")
WORK = Work("pip", "/v", (), (), Manifest.of("pip", []), Manifest.of("pip", [PLAIN]), ())


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (Step(INSTALL, None, PLAIN), ["a 1"]),
        (Step(UPGRADE, Package("a", "", "0"), PLAIN), ["a 1"]),
        (Step(REINSTALL, PLAIN, PLAIN), ["a 1"]),
        (Step(INSTALL, None, KNOWN), []),
        (Step(REMOVE, PLAIN, None), []),
        (Step(MARK, PLAIN, PLAIN), []),
        (Step(INSTALL, None, PLAIN._replace(flags=EDITABLE)), []),
        (Step(INSTALL, None, PLAIN._replace(flags=LINK)), []),
    ],
)
def test_what_is_put_in_without_a_word_on_its_content_is_a_risk(step: Step, told: list[str]) -> None:
    found = unknown(WORK, [step])
    assert [one.package for one in found] == told
    assert all(one.kind in LASTING and one[1:3] == ("pip", "/v") for one in found)


@pytest.mark.parametrize(("rows", "says"), [([PLAIN], False), ([KNOWN, Package("b", "", "1")], True), ([], False)])
def test_a_snapshot_says_contents_where_any_row_has_a_digest(*, rows: list[Package], says: bool) -> None:
    readings = (Reading("npm", "", "absent"), Reading("pip", "/v", OK, Manifest.of("pip", rows)))
    assert says_contents(Inventory("0" * 32, (), readings)) is says
    # A version that says where it looked would have recorded digests where there were any.
    assert says_contents(Inventory("0" * 32, (), readings, (Looked("pip", (), ()),)))


@pytest.mark.parametrize(
    ("now", "then", "selection", "told"),
    [
        (PLAIN, KNOWN, Selection(), ["a 1"]),
        (with_digest(PLAIN, "sums:1"), KNOWN, Selection(), ["a 1"]),
        (KNOWN, KNOWN, Selection(), []),
        (KNOWN, PLAIN, Selection(), []),
        # A step is made for it.
        (PLAIN._replace(version="2"), KNOWN, Selection(), []),
        (PLAIN._replace(flags=EDITABLE), KNOWN._replace(flags=EDITABLE), Selection(), []),
        (PLAIN._replace(flags=BROKEN), PLAIN._replace(flags=BROKEN), Selection(), ["a 1"]),
        (PLAIN, KNOWN, Selection(packages=("a",)), ["a 1"]),
        (PLAIN, KNOWN, Selection(packages=("b",)), []),
        (PLAIN, KNOWN, Selection(exclude=("a",)), []),
    ],
)
def test_what_stays_and_does_not_say_its_content_any_more_is_a_risk(
    now: Package, then: Package, selection: Selection, told: list[str]
) -> None:
    manifests = (Manifest.of("pip", [now]), Manifest.of("pip", [then]))
    found = unseen(Work("pip", "/v", (), (), *manifests, ()), selection)
    assert [one.package for one in found] == told
    assert all(one.kind in LASTING and one[1:3] == ("pip", "/v") for one in found)
