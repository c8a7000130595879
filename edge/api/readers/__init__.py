"""One reader: what it reads by antenna, how it did in the last minutes, and when it did not read."""
