"""The loss-prevention wall: what is wrong now, who looks after it, the way of a piece, and the hours before."""
