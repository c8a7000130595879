"""Drawers over HTTP and as pages: float, cash moved, X, blind count, Z."""
