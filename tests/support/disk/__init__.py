"""Disks that are simulated, cut off, full, rotten or hostile, and what runs on them."""
