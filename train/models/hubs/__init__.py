"""The hubs that models are fetched from."""
