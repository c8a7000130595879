"""Taxes, promotions and rates of exchange, as the feed tells them to the stores."""
