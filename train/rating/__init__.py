"""Blind ratings of base and tuned answers: sheets for people, a key kept apart, and what the sheets say together."""
