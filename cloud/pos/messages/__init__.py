"""Messages to clients at the office: what waits, what went, what did not; their words; the link that ends them."""
