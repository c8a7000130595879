"""History of a piece and of a zone: what the store's own reads say of the past."""
