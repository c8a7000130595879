"""Alarms the stores raised."""
