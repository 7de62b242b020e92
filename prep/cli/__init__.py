"""The command line: parses, calls one function, shows its result. The only place that prints or exits."""
