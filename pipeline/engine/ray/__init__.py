"""A Ray cluster: the functions of the local engine as tasks; what they share goes through hash-partitioned shuffles."""
