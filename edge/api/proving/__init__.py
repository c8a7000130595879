"""Which device asks: tokens by which one is enrolled, what it signs, and whether a login is good with it."""
