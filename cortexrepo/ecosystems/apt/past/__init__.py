"""What dpkg and apt wrote into their logs."""
