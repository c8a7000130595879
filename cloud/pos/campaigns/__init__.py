"""Campaigns and invitations: whom rules choose, whom consent keeps out, who is held out, and what it did."""
