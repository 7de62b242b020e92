"""All datasets beside each other: an adapter for each, what it does to the others, and one report of all."""
