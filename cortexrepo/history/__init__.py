"""Questions over many snapshots: what changed when, what to keep, and what was before."""
