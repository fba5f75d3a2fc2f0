"""Restore: from a snapshot to a plan, and from a plan to a machine that is as it was."""
