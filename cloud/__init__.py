"""The head office: keeps what all stores sent, posts the ledger, serves the office."""
