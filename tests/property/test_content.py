"""Laws of digests: what is not known of a package's content is no difference."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.ecosystems.registry import compare
from cortexrepo.model.content import DIGEST, alike, bare, contradict, is_other, unlike, with_digest
from cortexrepo.model.diff import CHANGED, diff
from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import OK

digests = st.sampled_from(["", "record:1", "record:2", "md5sums:1", "later:1"])
rows = st.builds(
    lambda name, version, flags, digest: with_digest(Package(name, "", version, flags, (("url", "u"),)), digest),
    st.sampled_from(["a", "b"]), st.sampled_from(["1", "2"]), st.integers(0, 1), digests,
)  # fmt: skip
manifests = st.lists(rows, max_size=5).map(lambda found: Manifest.of("pip", found))


def changes(before: Manifest, after: Manifest) -> list[tuple[str, str, str | None, str | None]]:
    old, new = ([Reading("pip", "/v", OK, manifest)] for manifest in (before, after))
    return [(one.kind, one.package.name, *one.versions) for one in diff(old, new, compare).changes]


@given(rows, rows)
def test_two_rows_are_alike_unless_something_that_both_know_differs(one: Package, other: Package) -> None:
    kinds = [row.attribute(DIGEST).partition(":")[0] for row in (one, other)]
    unknown = "" in kinds or kinds[0] != kinds[1]
    assert alike(one, other) == (bare(one) == bare(other) and (unknown or one == other))
    assert alike(one, other) == alike(other, one)
    assert contradict(one, other) == contradict(other, one)


@given(rows, digests)
def test_a_content_is_another_only_where_both_digests_are_known_and_of_one_kind(row: Package, digest: str) -> None:
    own = row.attribute(DIGEST)
    known = bool(own) and bool(digest) and own.partition(":")[0] == digest.partition(":")[0]
    assert is_other(row, digest) == (known and own != digest)


@given(manifests)
def test_digests_that_come_or_go_are_no_change(manifest: Manifest) -> None:
    without = Manifest.of("pip", map(bare, manifest.packages))
    once = Manifest.of("pip", {bare(row): row for row in manifest.packages}.values())
    assert changes(once, without) == []
    assert changes(without, once) == []


@given(manifests, manifests)
def test_rows_that_are_alike_are_paired_before_any_others(before: Manifest, after: Manifest) -> None:
    left, right = unlike(before.packages, after.packages)
    assert not any(alike(one, other) for one in left for other in right)
    assert list(left) == [row for row in before.packages if row in left]
    assert list(right) == [row for row in after.packages if row in right]
    assert len(before.packages) - len(left) == len(after.packages) - len(right)


def test_another_content_of_the_same_version_is_one_change() -> None:
    one, other = (with_digest(Package("a", "", "1"), digest) for digest in ("record:1", "record:2"))
    assert changes(Manifest.of("pip", [one]), Manifest.of("pip", [other])) == [(CHANGED, "a", "1", "1")]
    newer = other._replace(version="2")
    assert [kind for kind, *_ in changes(Manifest.of("pip", [one]), Manifest.of("pip", [newer]))] == ["upgraded"]


def test_a_version_that_stays_is_not_paired_with_one_that_goes_when_digests_come() -> None:
    before = Manifest.of("pip", [Package("a", "", "1"), Package("a", "", "2")])
    after = Manifest.of("pip", [with_digest(Package("a", "", "2"), "record:1")])
    assert changes(before, after) == [("removed", "a", "1", None)]
