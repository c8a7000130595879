"""Transfers between stores."""
