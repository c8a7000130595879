"""Our half of the custody protocol (synchronous), and the two sockets that carry it to the head office."""
