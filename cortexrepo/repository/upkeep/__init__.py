"""Collection, verification and repair."""
