"""Counts as the store asks for them and sees them: start, watch, submit, review, count again, approve, print."""
