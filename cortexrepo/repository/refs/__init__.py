"""Snapshots, their order, tags and names."""
