"""The world outside, in honest protocols. Nothing inside knows it exists."""
