"""Baichuan2 in 7B and 13B as ordinary classes of today's transformers."""
