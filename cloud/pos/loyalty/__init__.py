"""Points: the house's rules of earning them, and a client's account of them."""
