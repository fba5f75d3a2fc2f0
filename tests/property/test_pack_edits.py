"""Laws of edits in a row's bytes: they make the row that is made by taking it apart, or leave that to who does so."""

from __future__ import annotations

import string

from hypothesis import example, given
from hypothesis import strategies as st

from cortexrepo.codec.canonical import pack
from cortexrepo.codec.packed import changes, edits, replay
from cortexrepo.errors import CorruptError
from cortexrepo.model.package import Package

ascii_texts = st.one_of(
    st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}(-[0-9]{1,2})?(\+b[0-9])?", fullmatch=True),
    st.text(alphabet=string.digits + "\x00\x01\x1f ~+-.a", max_size=8),
    st.integers(28, 36).map(lambda length: "9" * length),
    st.sampled_from(["", "0", "009", "099", "9" * 18, "9" * 19, "x" * 30 + "9", "x" * 31, "x" * 32, "x" * 300]),
)
names = st.one_of(
    st.text(min_size=1, max_size=4), st.integers(30, 33).map("n".__mul__), st.just("n" * 255), st.just("n" * 300)
)
numbers = st.one_of(st.integers(0, 5), st.integers(0, 40), st.sampled_from([0, 1, edits.STEP_LIMIT, 1 << 64]))
packages = st.builds(
    Package, names, st.sampled_from(["", "amd64", "é", "a" * 31, "a" * 32]), ascii_texts,
    st.sampled_from([0, 1, 127, 128, 256, 1 << 40]),
    st.sampled_from([(), (("state", "x"),), (("k", "\u0410"),)]),
)  # fmt: skip


@given(packages, numbers, numbers, numbers, ascii_texts)
@example(Package("n", "", "1"), 1, 0, 0, "x" * 31)
@example(Package("n", "", "1"), 2, 0, 0, "x")
@example(Package("n", "", "9" * 19), 19, 1, 0, "")
@example(Package("n", "", "9"), 1, edits.STEP_LIMIT, 0, "")
@example(Package("n", "", "x" * 30 + "9"), 1, 1, 0, "")
def test_an_edit_in_the_bytes_of_a_row_is_the_edit_of_its_version(
    package: Package, cut: int, step: int, drop: int, text: str
) -> None:
    quick = edits.quick(pack(package), (cut, step, drop, text.encode()))
    try:
        version = edits.apply(package.version, (cut, step, drop, text))
    except CorruptError:
        assert quick is None
        return
    assert quick in {None, pack(package._replace(version=version))}


@given(st.lists(st.tuples(packages, ascii_texts), min_size=1, max_size=6, unique_by=lambda one: one[0].name))
def test_short_texts_of_ascii_are_edited_in_their_bytes(found: list[tuple[Package, str]]) -> None:
    for package, version in found:
        cut, step, drop, text = edits.between(package.version, version)
        quick = edits.quick(pack(package), (cut, step, drop, text.encode()))
        lengths = (len(package.name.encode()), len(package.arch.encode()), len(package.version), len(version))
        is_short = max(lengths) < 1 << 5
        assert (quick is not None) == is_short


@given(st.lists(st.tuples(packages, ascii_texts, st.sampled_from(["", "é"])), max_size=6))
def test_a_version_that_is_not_ascii_is_read_back(found: list[tuple[Package, str, str]]) -> None:
    before = pack(("apt", [package for package, _, _ in found]))
    after = pack(("apt", [package._replace(version=version + end) for package, version, end in found]))
    block = changes.Changes()
    assert block.add(before)
    assert block.add(after)
    assert block.add(before)
    reader = replay.Replay(block.columns(), 3)
    assert [reader.content(place) for place in range(3)] == [before, after, before]
