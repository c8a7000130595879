"""What keeps a backup from being made or used; the message says what to do."""


class BackupError(Exception):
    """Nothing was changed: the file is not there, or the box is as it was."""
