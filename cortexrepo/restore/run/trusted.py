"""The kept files that may be put into one environment, and why the others may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.artifact import SEVERAL, own_name, serves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.restoring import Proposal, Shelf
    from cortexrepo.model.artifact import Artifact
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Obstacle, Step


class Trusted:
    """A shelf with the files of another one that serve the environments of one holder; see `serves`."""

    def __init__(self, shelf: Shelf, holder: str) -> None:
        """Takes the shelf, and the holder; an empty one for what is the machine's own."""
        self._shelf = shelf
        self._holder = holder
        self._refused: dict[Artifact, None] = {}

    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        """See `Shelf.find`."""
        found = self._shelf.find(ecosystem, package)
        self._refused.update(dict.fromkeys(one for one in found if not serves(one, self._holder)))
        return tuple(one for one in found if serves(one, self._holder))

    def copy(self, artifact: Artifact, path: str) -> None:
        """See `Shelf.copy`."""
        self._shelf.copy(artifact, path)

    def explained(self, proposal: Proposal) -> Proposal:
        """Returns a proposal that says of each package without a file which kept file was not used, and why."""
        wanted = {_label(step): step for step in proposal.steps}
        obstacles = [self._with_reason(one, wanted.get(one.package)) for one in proposal.obstacles]
        return proposal._replace(obstacles=tuple(obstacles))

    def _with_reason(self, obstacle: Obstacle, step: Step | None) -> Obstacle:
        if obstacle.kind != "missing" or step is None:
            return obstacle
        package = step.package
        own = own_name(package)
        passed = [one for one in self._refused if one.name == own and one.version == package.version]
        return obstacle._replace(reason="; ".join([obstacle.reason, *_reasons(passed)]))


def _reasons(passed: Sequence[Artifact]) -> list[str]:
    return [f"the kept file {one.file} is not used: {why(one)}" for one in passed]


def why(artifact: Artifact) -> str:
    """Returns why a kept file does not serve every environment."""
    if not artifact.holder:
        return "it is not known from whose files it was made"
    if artifact.holder == SEVERAL:
        return f"several people could change the files in {artifact.environment} that it was made of"
    return f"the user {artifact.holder} could change the files in {artifact.environment} that it was made of"


def _label(step: Step) -> str:
    return f"{step.package.name} {step.package.version}"
