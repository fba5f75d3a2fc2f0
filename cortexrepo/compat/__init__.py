"""The old tool's Python API over the repository, so that a caller changes one import.

>>> from cortexrepo.compat import SnapshotManager
>>> manager = SnapshotManager()
>>> ok, snapshot_id, message = manager.create_snapshot("before the upgrade")

What it returns has the old shapes, and it raises nothing. What is different is said where it is: retention in
`SnapshotManager.__init__`, ids in `get_snapshot`, restoring in `restore_snapshot`, what is not known in
`SnapshotMetadata`.
"""

from __future__ import annotations

from cortexrepo.compat.metadata import SnapshotMetadata as SnapshotMetadata
from cortexrepo.compat.snapshots import SnapshotManager as SnapshotManager
