"""One folder a domain, one file a format: source rows in, records out. Pure functions on polars frames."""
