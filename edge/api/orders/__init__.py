"""Clients' orders as the store takes them, works on them and shows them."""
