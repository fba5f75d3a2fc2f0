"""What others recorded: the logs of dpkg and apt, and the old JSON tool."""
