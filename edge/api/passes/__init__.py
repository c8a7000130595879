"""Handheld passes over HTTP and on a page."""
