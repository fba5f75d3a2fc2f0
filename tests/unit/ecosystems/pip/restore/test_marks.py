from __future__ import annotations

from cortexrepo.ecosystems.pip.distributions import UNKNOWN_URL
from cortexrepo.ecosystems.pip.restore.marks import marks
from cortexrepo.model.package import Package


def test_of_an_origin_that_nobody_knows_nothing_is_made_up() -> None:
    row = Package("x", "", "1", 0, (("installer", "pip"), ("url", UNKNOWN_URL)))
    assert marks(row) == {"INSTALLER": b"pip\n", "direct_url.json": b""}
