"""Payments at the stores' terminals: what was asked, what came, and what is still in doubt."""
