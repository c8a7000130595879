"""What a person does with backups of a box: a key, a file, a look at it, and back."""

import datetime as dt
import secrets
from pathlib import Path

from edge.backup import keys
from edge.backup import restore as restoring
from edge.backup.contents import Manifest, one_line
from edge.backup.take import take
from edge.clock import SystemClock
from edge.config import EdgeConfig
from edge.own_books import instance_of
from web.serving import version


def make_key(path: Path) -> str:
    """Raises `BackupError`, as all here."""
    words = keys.new_key(path, secrets.token_bytes(keys.KEY_BYTES))
    return (
        f"{path} opens backups: keep it, and a copy, where no box is. Without it nobody reads them.\n"
        f"Boxes seal for it by these words:\n{words}"
    )


def make(config: EdgeConfig, into: Path, words: str) -> str:
    to = keys.sealing_key(words)
    secret = secrets.token_bytes(keys.KEY_BYTES)
    made = take(config, into, to, secret, now_us=SystemClock().wall_us(), program=version())
    size = into.stat().st_size / 1e6
    return f"{into}: {size:.1f} MB, {_told(made)}. Prove it where the key is: `vitrine backup look`."


def look(path: Path, key: Path) -> str:
    return f"{path} is whole: {_told(restoring.look(path, keys.read_key(key)))}."


def restore(config: EdgeConfig, path: Path, key: Path, mirror: Path | None = None) -> str:
    found = restoring.restore(config, path, keys.read_key(key), instance=instance_of(config), mirror=mirror)
    rows = f" {found.rows_mirrored} later rows came from the mirror." if mirror is not None else ""
    unread = "".join(f" {each}." for each in found.told)
    return (
        f"{config.data_dir} holds {_told(found.manifest)}.{rows}{unread} Start it with `vitrine edge`: it sells again "
        "once the office has let it join, and knows its enrolled tills again. PINs were not in the backup: give them "
        "anew with `vitrine pin`."
    )


def _told(made: Manifest) -> str:
    at = dt.datetime.fromtimestamp(made.made_us / 1e6, dt.UTC)
    return f"{made.store} as of {at:%Y-%m-%d %H:%M} UTC, {one_line(made.files)}"
