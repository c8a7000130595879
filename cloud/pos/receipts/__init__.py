"""Receipts in clients' hands: whether what they name is in our books."""
