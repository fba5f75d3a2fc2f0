"""An ecosystem of a stranger: the programs that cargo has installed."""
