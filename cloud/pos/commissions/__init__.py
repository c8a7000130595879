"""Commissions: what associates earned, read off the ledger, and the rates they earn by."""
