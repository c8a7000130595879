"""Clients' things at the register, and the papers of their orders: taken in, looked at again, given back."""
