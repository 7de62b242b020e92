"""A dataset that grows: new sources are added, and the old ones are not read again."""
