"""This version, as text: the only place that has it. A wheel or an sdist takes it from here when it is built."""

__version__ = "0.1.0"
DATE = "2026-11-30"
"""The day of this version; the manual pages have it."""
