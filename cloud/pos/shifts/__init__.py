"""Shifts of every till: floats, cash moved by hand, Zs, and whether the Zs tell what the office heard."""
