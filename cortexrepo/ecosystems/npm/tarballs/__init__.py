"""The files that npm packages come in."""
