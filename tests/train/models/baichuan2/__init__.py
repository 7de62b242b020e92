"""Tests of Baichuan2."""
