"""What an adviser has to do today: days that come, clients who have not been here for long, and new ones."""
