"""Days that come again each year, told to whom they concern: once, at the right hour, and not when it would hurt."""
