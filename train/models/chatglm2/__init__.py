"""ChatGLM2-6B: the second generation."""
