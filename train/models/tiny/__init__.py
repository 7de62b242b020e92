"""An embedded ChatGLM of a few million parameters, pre-trained on first use from the samples."""
