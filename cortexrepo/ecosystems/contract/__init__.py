"""What a package manager's folder can offer: one protocol for each facet."""
