"""Rows that wait to be understood, and cases for a person."""
