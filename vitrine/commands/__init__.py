"""The commands of `vitrine`, a file for each subject; each loads its own room only."""
