"""What comes back: JSON, and the register's page for it."""
