"""From what the user typed to named streams of bytes: files, folders, globs, archives, standard input, the hub."""
