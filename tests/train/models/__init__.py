"""Tests of the models and their tokenizers."""
