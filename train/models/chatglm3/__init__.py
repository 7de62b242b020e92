"""ChatGLM3-6B: the second generation's layers, with turns of roles instead of rounds."""
