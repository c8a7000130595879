"""One person once: two cards of one client are found, shown with their evidence, and joined by a person, with undo."""
