"""Stores and the boxes that serve them."""
