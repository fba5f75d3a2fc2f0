"""This version, as text: the only place that has it. A wheel or an sdist takes it from here when it is built."""

__version__ = "0.1.0"
