"""npm and its global prefixes."""
