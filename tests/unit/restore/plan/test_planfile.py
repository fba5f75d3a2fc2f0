from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.errors import RequestError
from cortexrepo.formats.json.document import encode
from cortexrepo.formats.json.plan import document
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.package import FLAG_NAMES, Package
from cortexrepo.model.plan import KINDS, PLACES, Left, Obstacle, Part, Plan, Risk, Selection, Source, Step
from cortexrepo.restore.plan import planfile

TEXT = st.text(max_size=12)
PAIRS = st.dictionaries(TEXT, TEXT, max_size=3).map(lambda found: tuple(sorted(found.items())))
FLAGS = st.integers(0, (1 << len(FLAG_NAMES)) - 1)
PACKAGES = st.builds(Package, TEXT, TEXT, TEXT, FLAGS, PAIRS)
SOURCES = st.builds(Source, st.sampled_from(PLACES), TEXT, st.none() | st.integers(0, 1 << 40), TEXT)
STEPS = st.builds(Step, st.sampled_from(KINDS), st.none() | PACKAGES, PACKAGES, st.none() | SOURCES)
PARTS = st.builds(Part, TEXT, TEXT, PAIRS, st.lists(STEPS, max_size=3).map(tuple), st.integers(0, 1 << 40))
TEXTS = st.lists(TEXT, max_size=2).map(tuple)
DIGITS = "0123456789abcdef"
PLANS = st.builds(
    Plan,
    st.text(DIGITS, min_size=32, max_size=32).map(SnapshotId),
    st.text(DIGITS, min_size=32, max_size=32),
    st.integers(0, 4_000_000_000_000),
    st.text(DIGITS, min_size=64, max_size=64),
    st.builds(Selection, TEXTS, TEXTS, TEXTS, TEXTS, st.booleans()),
    st.lists(PARTS, max_size=2).map(tuple),
    st.lists(st.builds(Obstacle, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    st.lists(st.builds(Risk, TEXT, TEXT, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    st.lists(st.builds(Left, TEXT, TEXT, TEXT), max_size=2).map(tuple),
)


@given(PLANS)
def test_a_plan_that_is_written_and_read_is_the_same_plan(plan: Plan) -> None:
    assert planfile.parse(encode(document(plan))) == plan


GOOD: dict[str, Any] = json.loads(
    encode(
        document(
            Plan(
                SnapshotId("a" * 32), "b" * 32, 1, "c" * 64, Selection(),
                (Part("apt", "", (), (Step("remove", Package("x", "amd64", "1"), None),)),),
            )
        )
    )
)  # fmt: skip


def changed(*path: str | int, to: Any) -> str:
    value = json.loads(json.dumps(GOOD))
    place = value
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return json.dumps(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "{" * 100_000,
        "[" * 100_000,
        changed("schema", to="cortex.snapshot.plan/2"),
        changed("schema", to=None),
        changed("target", to="latest"),
        changed("target", to="../../etc"),
        changed("state", to=""),
        changed("created_at_ms", to="1"),
        changed("created_at_ms", to=-1),
        changed("selection", to=[]),
        changed("selection", "hold", to="yes"),
        changed("selection", "only", to="apt"),
        changed("parts", to={}),
        changed("parts", 0, "steps", 0, "kind", to="purge"),
        changed("parts", 0, "steps", 0, "before", to=None),
        changed("parts", 0, "steps", 0, "before", "flags", to=["root"]),
        changed("parts", 0, "steps", 0, "before", "name", to=7),
        changed("parts", 0, "steps", 0, "source", to={"place": "http", "name": "", "size": None, "digest": ""}),
        changed("parts", 0, "space", to=True),
        changed("obstacles", to=[{}]),
    ],
)
def test_what_is_no_plan_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        planfile.parse(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
