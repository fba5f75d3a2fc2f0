"""Processes: commands, workers, other users, storms."""
