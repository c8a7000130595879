"""The box's own secrets for clients: its private key, and the key of its search words. A file that no backup has.

Who has the slice without this file reads nobody. A box that was restored from a backup makes a new one, and is brought
its clients anew.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from web.sealed import KEY_BYTES, public_of, to_text

FILE: Final = "box.key"
MODE: Final = 0o600


class BoxKeys(NamedTuple):
    """Never shown: whoever prints it sees nothing."""

    private: bytes
    words: bytes

    @property
    def public(self) -> str:
        """What the office wraps keys for, base64."""
        return to_text(public_of(self.private))

    def __repr__(self) -> str:
        return "BoxKeys(…)"


def box_keys(folder: Path) -> BoxKeys:
    """Made at first use, whole or not at all. Raises `OSError`; `ValueError` when the file is none of ours."""
    path = folder / FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = folder / f"{FILE}.part"
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "wb") as file:
            file.write(secrets.token_bytes(2 * KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(part, path)
        part.unlink(missing_ok=True)
    held = path.read_bytes()
    if len(held) != 2 * KEY_BYTES:
        raise ValueError(f"{path} is no key file of a box; move it away, and clients are brought anew")
    return BoxKeys(held[:KEY_BYTES], held[KEY_BYTES:])
