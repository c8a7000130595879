"""What the house loses and how often it errs: for who answers for it, not for who stands before the wall."""
