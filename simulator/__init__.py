"""The world outside, in honest protocols: a shop floor with RF, LLRP readers, people. Nothing inside knows it exists."""
