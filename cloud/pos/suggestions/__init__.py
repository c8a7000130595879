"""What to show a client next: pieces near their store that can be had now, with the reasons in words."""
