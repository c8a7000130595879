"""Ratios against named peers in one run; bars in `bars.toml`."""
