"""Facts that a text states, in a form in which equal facts are equal however they are written."""
