"""What is left of a gift card, credit or deposit: asked of the office, JSON and the register's page."""
