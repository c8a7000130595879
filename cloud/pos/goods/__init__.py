"""Measured goods and services: the list, and how much of each lies at which store."""
