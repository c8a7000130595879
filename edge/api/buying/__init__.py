"""Buying from the public at the register: what it is worth, what is paid, and what was bought."""
