"""What happens on the floor: reads folded into rounds, presence, counts, pads and gates, once a tick."""
