"""Sales, returns and shifts, as the stores recorded them."""
