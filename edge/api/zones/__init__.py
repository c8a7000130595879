"""Where zones end: the walk with the reference tray, and the calibrations it has given."""
