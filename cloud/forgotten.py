"""Who was erased, in a file outside the database: an office that comes back from a backup forgets them again at once.

Ids and nothing else, one a line, appended and on the disk before the erasure is committed. It lies beside the key that
seals people (`seal.key`) and never shrinks: keep its newest copy, and put none back that is older.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cloud.config import CloudConfig, ConfigError
from cloud.sealing import key_file

FILE: Final = "forgotten.list"
MODE: Final = 0o600
ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


class Forgotten:
    """`path` None: an office in memory, whose list is gone with it."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known = self._read()

    @property
    def persons(self) -> list[str]:
        return sorted(self._known)

    def add(self, persons: Iterable[str]) -> None:
        """Raises `OSError` where it cannot be written: then nobody is erased, and whoever asked is told."""
        new = [person for person in persons if person not in self._known]
        if new and self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, MODE)
            try:
                # a line that a power cut tore is ended first, so that it takes no other with it
                os.write(file, "".join(f"\n{person}\n" for person in new).encode())
                os.fsync(file)
            finally:
                os.close(file)
        self._known |= set(new)

    def _read(self) -> set[str]:
        if self._path is None or not self._path.exists():
            return set()
        try:
            lines = self._path.read_text(encoding="ascii", errors="replace").splitlines()
        except OSError as error:
            raise ConfigError(
                f"{self._path} cannot be read ({error.strerror}); without it the erased might be known again"
            ) from error
        return {line for line in lines if ID.fullmatch(line)}


def open_forgotten(config: CloudConfig) -> Forgotten:
    """Beside the office's key. Raises `ConfigError`."""
    key = key_file(config)
    return Forgotten(None if key is None else key.parent / FILE)
