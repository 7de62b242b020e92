"""Bases whose linear layers are kept in 4 or 8 bits."""
