"""A machine's files and programs. The only code that starts programs."""
