"""A training's every option: read from YAML and flags, checked as a whole before anything loads, saved as a whole."""
