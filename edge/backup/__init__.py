"""A store's box in one sealed file, and back: books, history and tag key, readable by whoever holds the owner's key."""
