"""Records become examples: token ids with labels."""
