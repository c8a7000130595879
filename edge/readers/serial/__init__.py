"""What the serial UHF families share: a port, a table for the connection, reads as columns. Knows no family."""
