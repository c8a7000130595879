"""The ledger: double entry, immutable, balanced by the database."""
