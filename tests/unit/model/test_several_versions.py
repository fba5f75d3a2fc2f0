"""Several versions of one package at once, as rpm has them of kernels: each is compared with its successor."""

from __future__ import annotations

import pytest

from cortexrepo.ecosystems.registry import compare
from cortexrepo.model.diff import ADDED, REMOVED, UPGRADED, diff
from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import OK


def kernels(*versions: str) -> list[Reading]:
    packages = [Package("kernel", "x86_64", version) for version in versions]
    return [Reading("rpm", "", OK, Manifest.of("rpm", packages), "")]


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (("9-1", "20-1"), ("10-1", "21-1"), [(UPGRADED, "9-1", "10-1"), (UPGRADED, "20-1", "21-1")]),
        (("9-1", "10-1"), ("10-1", "11-1"), [(UPGRADED, "9-1", "11-1")]),
        (("9-1",), ("9-1", "10-1"), [(ADDED, None, "10-1")]),
        (("9-1", "10-1"), ("10-1",), [(REMOVED, "9-1", None)]),
    ],
)
def test_the_oldest_that_went_is_paired_with_the_oldest_that_came(
    before: tuple[str, ...], after: tuple[str, ...], changes: list[tuple[str, str | None, str | None]]
) -> None:
    found = diff(kernels(*before), kernels(*after), compare).changes
    assert [(change.kind, *change.versions) for change in found] == changes
