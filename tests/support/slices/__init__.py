"""What the suite for every ecosystem must know of each: one kit for a slice."""
