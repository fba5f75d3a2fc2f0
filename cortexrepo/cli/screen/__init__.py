"""What commands print through: the terminal, its width, its colours and its zone."""
