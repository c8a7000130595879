"""What the readers see: presence, zones, readers, the gate."""
