"""What the store knows for certain: one SQLite file of state rows and journal, the fold between them, the replica."""
