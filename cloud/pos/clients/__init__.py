"""Clients of the house: who they are, sealed; what they like, when they came, and whether they may be written to."""
