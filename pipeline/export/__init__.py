"""A dataset folder becomes what another trainer reads: one file per format, no record changed."""
