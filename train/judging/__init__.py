"""What scores allow one to say: intervals, effects, learning curves, the verdict on a domain. Pure functions."""
