"""What a stranger adds to the program: each is registered through one row."""
