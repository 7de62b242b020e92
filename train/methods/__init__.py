"""Ways of tuning a model: what trains, and how it is saved and read back."""
