"""Files that survive: appended to or replaced whole, with digests; sealed containers; locks."""
