"""Looking for pieces by hand: what people are asked to look for, and what they say."""
