"""Files and directories change places, all or none, whatever is killed on the way."""
