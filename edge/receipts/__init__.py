"""Receipts leave the store: the till's printer and drawer, the mail server; and how the books find one again."""
