"""How far a collector goes in packing: what is used often stays as it is, and little is not worth the work."""

from __future__ import annotations

from cortexrepo.named import NamedTuple


class Tidiness(NamedTuple):
    """The measures (docs/protocol.md, part 7, says what they are for).

    Attributes:
        recent: So many refs of each machine keep files of their own, and so do the objects that they need.
        least: Fewer refs, or objects, than this are not packed.
        slack: A pack is written again when more than this part of its objects is needed by nobody.
    """

    recent: int = 2
    least: int = 64
    slack: float = 0.125


THOROUGH = Tidiness(recent=1, least=1, slack=0.0)
"""Packs whatever can be packed, each time."""
