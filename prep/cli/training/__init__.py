"""What ``prep train`` shows: an example, the plan, the progress, the curve, and what comes next."""
