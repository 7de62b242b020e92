"""One file a step: text in, the same text without what carries no meaning out."""
