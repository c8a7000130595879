"""Clients as a store keeps them: sealed cards of the last 24 months, found by keyed words, forgotten when told."""
