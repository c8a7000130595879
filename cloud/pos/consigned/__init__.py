"""Pieces of consignors: when they are due back, what is owed for those that were sold, and what was paid."""
