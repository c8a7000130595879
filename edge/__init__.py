"""The store's box: bytes → columns → evidence → facts → outbox."""
