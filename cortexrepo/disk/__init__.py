"""The one seam to the file system: files, locks, and exchanges that survive a kill."""
