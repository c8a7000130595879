"""Counts of safe and shelves: when they begin, what each round tells, how they end, what is counted again."""
