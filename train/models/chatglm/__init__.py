"""ChatGLM-6B: the first generation, with its prefix-LM mask and two-dimensional positions."""
