"""What the office writes to clients: the outbox, its carriers, templates, quiet hours, and how a client ends it."""
