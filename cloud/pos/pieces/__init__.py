"""Pieces: cards, search, import, custody."""
