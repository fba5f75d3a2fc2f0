"""What a restore would do. Pure."""
