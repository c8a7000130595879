"""Gift cards, credit and deposits: what the house owes, and which store may spend how much of it."""
