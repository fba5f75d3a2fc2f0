"""The files that pip packages come in."""
