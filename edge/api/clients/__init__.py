"""Clients at the till: found, seen, made and written of."""
