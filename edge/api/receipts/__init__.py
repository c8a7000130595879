"""Receipts at the register: looked up, printed, mailed, counted."""
