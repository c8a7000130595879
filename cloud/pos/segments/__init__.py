"""Clients divided by what they bought: tiers, quintiles, what they will bring, who rises and who stays away."""
