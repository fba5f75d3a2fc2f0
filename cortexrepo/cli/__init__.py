"""One file per command. The only code that prints, reads the environment and knows exit codes."""
