"""Where the chunk functions run; what they make does not depend on it."""
