"""Sources become a dataset folder: read, convert, clean, validate, filter, deduplicate, split, write."""
