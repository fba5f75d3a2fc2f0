"""Machines that are drawn at random, changed at random and restored, and an oracle that looks at every file."""
