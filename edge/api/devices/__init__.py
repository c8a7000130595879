"""Devices of a store that have a key of their own: enrolled, given their next key, and ended."""
