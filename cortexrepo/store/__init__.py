"""Bytes under keys. Knows nothing of packages."""
