"""After `preload` a restore loads nothing: the Python that it runs in may be the one that it replaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.slices.back import BACK, RESTORED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.slices.back import Back


@pytest.fixture(scope="module", params=RESTORED)
def back(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Back]:
    with BACK[request.param](tmp_path_factory.mktemp(request.param)) as made:
        yield made


def test_no_phase_of_a_restore_loads_a_module_after_preload(back: Back) -> None:
    with back.fresh() as scene:
        assert scene.alone() == (0, [])


def test_a_module_that_preload_forgets_is_found(back: Back) -> None:
    with back.fresh() as scene:
        _, refused = scene.alone("cortexrepo.ecosystems." + back.way.ecosystem + ".restore.restorer")
        assert refused == [f"cortexrepo.ecosystems.{back.way.ecosystem}.restore.restorer"]
