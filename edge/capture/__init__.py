"""What the pipeline heard, kept for a while and around alarms, so that it can be heard again (docs/replay.md)."""
