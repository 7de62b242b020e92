"""The models that we bring ourselves: ChatGLM-6B and its successors as ordinary classes of today's transformers."""
