"""One file a rule: which records are rejected, and why."""
