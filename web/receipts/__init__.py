"""Receipts drawn: page, PDF, e-mail and ESC/POS, each from `trade.receipt.Receipt` alone. Pure: bytes out, no I/O.

Both faces draw with it, so that the office's reprint is the till's receipt.
"""
