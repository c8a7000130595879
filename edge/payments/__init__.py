"""Card terminals: one port, an adapter for each family, and the driver that asks until it knows."""
