"""One file a container: a stream of bytes in, chunks of source rows with their place out."""
