"""Counts: what the stores counted, and requests to count."""
