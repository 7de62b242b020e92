"""A run becomes what other libraries load: one file per form, the run itself is left as it is."""
