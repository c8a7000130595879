"""What the watch is set to: the budget of false alarms, deliveries under way, pieces that lie in view of a gate."""
