"""Measurements that anyone can repeat: each prints its table, with what it ran on."""
