"""Records that are nearly the same: found, left out, kept in one split, and looked for across the splits."""
