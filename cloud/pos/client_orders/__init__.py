"""Clients' orders of all stores, as their home stores tell of them."""
