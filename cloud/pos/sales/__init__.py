"""Sales and returns, as the stores recorded them."""
