"""Acts in, journal entries out: the rules of `trade/` over this store's books; and what pages ask of them."""
