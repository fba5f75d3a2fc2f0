"""Values, and total functions on them. Standard library only; no I/O."""
