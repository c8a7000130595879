"""The store's own HTTP API and its screens."""
