"""What the house has to keep, close and report by law: cash, purchases from the public, fiscal closings."""
